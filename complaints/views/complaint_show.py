"""One complaint: its page, its steps, its files, its phone shown on record."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from followups.views import refusals
from rmflow.doors import htmx, idempotency
from rmflow.privacy.actions import Kind, log
from rmflow.privacy.models import Purpose
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..actions import complaint_files
from ..actions.complaint_reply import facts_of
from ..complaint_page import Page
from ..complaint_steps import STEPS, took
from ..models import Complaint
from ..rules.complaint_closing import missing
from ..rules.complaint_files import KINDS

PARTS = (
    "extensions__asked_by",
    "extensions__decided_by",
    "recusals__person",
    "steps",
    "attachments__by",
    "improvements__owner",
    "passes__unit",
    "passes__answered_by",
    "reviews__decided_by",
    "suspensions",
    "representatives",
)


def found(request, pk):
    """A complaint in scope with all its page shows; 403 without the office, 404 outside."""
    permissions.require(request.user, Permission.TAKE_COMPLAINT)
    return (
        Complaint.objects.visible_to(request.user)
        .with_people()
        .select_related("product", "merged_into", "replied_by")
        .prefetch_related(*PARTS)
        .get(pk=pk)
    )


@never_cache
@require_GET
def show(request, pk):
    """The page; opening it is a look at a client's data."""
    complaint = found(request, pk)
    log(Kind.VIEW, by=request.user, obj=complaint, branch_id=complaint.branch_id, request=request)
    page = Page(complaint, request.user, now=clock.now())
    shown = "moves" if request.GET.get("history") == "moves" else ""
    context = {**page.context(), "history_shown": shown, "may_see_phone": took(complaint, request.user)}
    return render(request, "complaints/complaint.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def step(request, pk, name):
    """One step: its form and its action; a step that is not open to one now says so."""
    complaint = found(request, pk)
    if name not in STEPS:
        raise Complaint.DoesNotExist
    chosen = STEPS[name]
    if not chosen.who(complaint, request.user):
        raise PermissionDenied(_("Your role does not allow this."))
    known = {"into_number": request.GET.get("into", "")[:16]}  # from the page: likely a repeat of it
    form = chosen.form(_typed(request), complaint=complaint, user=request.user, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            _do(request, pk, chosen, form)
        except Conflict:
            raise
        except Refused as refused:
            refusals.into(form, refused)
        else:
            return _done(request, pk, chosen)
    elif request.method == "GET" and not chosen.open_to(complaint, request.user):
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    context = {
        "complaint": complaint,
        "step": chosen,
        "form": form,
        "key": request.POST.get("idempotency_key") or uuid.uuid4().hex,
        "page": Page(complaint, request.user, now=clock.now()),
    }
    context |= {"content": context["page"].content(), "deadline": context["page"].deadline()}
    if name == "close":
        context["left"] = [need.label for need in missing(facts_of(complaint))]
    return render(request, "complaints/step.html", context, status=422 if form.errors else 200)


def _typed(request):
    """What was sent; an empty form that was sent is a form all the same."""
    return request.POST if request.method == "POST" else None


def _do(request, pk, chosen, form):
    values = form.values()

    def produce():
        chosen.call(pk, by=request.user, **values)
        return 200, {"id": pk}

    body = {**dict(request.POST.lists()), "path": request.path}
    return idempotency.once(request.user, idempotency.key_of(request), body, produce)


def _done(request, pk, chosen):
    messages.success(request, _("Saved: {step}").format(step=chosen.label), extra_tags="met")
    if Complaint.objects.visible_to(request.user).filter(pk=pk).exists():
        return htmx.redirect(request, reverse("complaints:complaint", args=[pk]))
    return htmx.redirect(request, reverse("complaints:complaints"))


@require_POST
def improved(request, pk, improvement):
    """An improvement is done."""
    from ..actions import complaint_reply

    complaint_reply.improved(pk, improvement, by=request.user)
    messages.success(request, _("Improvement finished"), extra_tags="met")
    return htmx.redirect(request, reverse("complaints:complaint", args=[pk]))


@never_cache
@require_POST
def phone(request, pk):
    """Name, phone and ID of who complains, for those who handle it; each look on record."""
    complaint = found(request, pk)
    if not took(complaint, request.user):
        raise PermissionDenied(_("Your role does not allow this."))
    fields = [name for name in ("name", "phone", "id_number", "proxy") if getattr(complaint, name)]
    fields += ["representatives"] if complaint.representatives.all() else []
    log(
        Kind.REVEAL,
        by=request.user,
        obj=complaint,
        fields=fields,
        purpose=Purpose.COMPLAINT,
        branch_id=complaint.branch_id,
        request=request,
    )
    context = {"complaint": complaint}
    return htmx.render(request, "complaints/shown.html", "complaints/_shown.html", context)


@require_POST
def attach(request, pk):
    """Add one file to the record."""
    complaint = found(request, pk)
    if not took(complaint, request.user):
        raise PermissionDenied(_("Your role does not allow this."))
    file = request.FILES.get("file")
    if file is None:
        raise Refused(_("Choose a file."), field="file")
    complaint_files.attach(complaint.pk, by=request.user, name=file.name, file=file)
    messages.success(request, _("File added"), extra_tags="met")
    return htmx.redirect(request, reverse("complaints:complaint", args=[pk]))


@never_cache
@require_GET
def file(request, pk, attachment):
    """One file, always as a download: a browser opens nothing that was sent in."""
    complaint = found(request, pk)
    row, content = complaint_files.opened(complaint, attachment, by=request.user, request=request)
    ending = KINDS[row.kind][0][0]
    response = HttpResponse(content, content_type=KINDS[row.kind][1])
    response["Content-Disposition"] = f'attachment; filename="{complaint.number}-{row.pk}.{ending}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
