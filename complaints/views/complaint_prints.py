"""Paper: 投诉记录表, the decision letter, the branch's notice (W3-07, domain-rules §1.8)."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from rmflow.doors import htmx
from rmflow.privacy.actions import Kind, log
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import complaint_form
from ..complaint_forms import PointForm
from ..complaint_steps import took
from ..models import ComplaintPoint
from ..rules.complaint import REMEDIES_AFTER_REVIEW, REVIEW_DAYS, promise, remedies
from ..stats.complaint import outlets
from .complaint_show import found


@never_cache
@require_GET
def form(request, pk):
    """投诉记录表, A4: the form's columns in its order; personal values masked, each print on record."""
    complaint = found(request, pk)
    log(Kind.PRINT, by=request.user, obj=complaint, branch_id=complaint.branch_id, request=request)
    context = {"complaint": complaint, "lines": complaint_form.lines(complaint), "now": clock.now()}
    return render(request, "complaints/record_print.html", context)


@never_cache
@require_GET
def letter(request, pk):
    """处理决定告知书: facts, basis and reasons, remedies, to hand to the client in full."""
    complaint = found(request, pk)
    if not took(complaint, request.user):
        raise PermissionDenied(_("Your role does not allow this."))
    if complaint.replied_at is None:
        raise Refused(_("The letter is written from the reply; log it first."))
    log(
        Kind.PRINT,
        by=request.user,
        obj=complaint,
        fields=["name"],
        branch_id=complaint.branch_id,
        request=request,
    )
    decided = [row for row in complaint.reviews.all() if row.outcome]
    context = {"complaint": complaint, "remedies": remedies(), "days": REVIEW_DAYS, "now": clock.now()}
    context |= {"review": max(decided, key=lambda row: row.decided_at, default=None)}
    context |= {"after_review": REMEDIES_AFTER_REVIEW}
    return render(request, "complaints/letter_print.html", context)


@require_GET
def notice(request):
    """The notice in the lobby: window, person, phone, ways, remedies. Without personal data of clients."""
    branch = _branch(request)
    point = ComplaintPoint.objects.filter(branch=branch).first()
    words = {"remedies": remedies(), "promise": promise(), "hotline": settings.COMPLAINT_HOTLINE}
    context = {"branch": branch, "point": point, "now": clock.now(), **words}
    return render(request, "complaints/notice_print.html", context)


@require_http_methods(["GET", "POST"])
def point(request):
    """Set what the notice says."""
    branch = _branch(request)
    row = ComplaintPoint.objects.filter(branch=branch).first() or ComplaintPoint(branch=branch)
    form = PointForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        from ..actions.complaint_point import set_point

        set_point(branch, by=request.user, **form.cleaned_data)
        messages.success(request, _("Notice saved"), extra_tags="met")
        return htmx.redirect(request, reverse("complaints:notice"))
    context = {"branch": branch, "form": form}
    return render(request, "complaints/point.html", context, status=422 if form.errors else 200)


def _branch(request):
    """One's own branch; for those above, the one asked for or the first in reach."""
    permissions.require(request.user, Permission.ASSIGN_COMPLAINT)
    reach, own = permissions.scope(request.user, Permission.ASSIGN_COMPLAINT), request.user.branch
    if own is not None and own.kind == Branch.Kind.BRANCH and reach.covers(own):
        return own
    found, asked = outlets(reach), request.GET.get("branch", "")
    if asked.isdecimal() and len(asked) < 18:
        found = found.filter(pk=int(asked))
    branch = found.first()
    if branch is None:
        raise Branch.DoesNotExist
    return branch
