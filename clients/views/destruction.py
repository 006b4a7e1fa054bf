"""保管期 and 销毁: periods, reviews and what is due; lists, approvals, the witness, the certificate (B-13)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rmflow.doors import htmx
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import custody_forms as forms
from .. import neighbours
from ..actions import destruction, retention
from ..custody_rules import BATCH_MOST, DESTRUCTION_TRANSITIONS, DestructionState, ItemState
from ..models import Archive, Destruction, RetentionReview, RetentionRule
from .custody_steps import ask, proposed

PAGE = 25
STATES = {
    DestructionState.PROPOSED: "today",
    DestructionState.APPROVED: "open",
    DestructionState.UNDERWAY: "today",
    DestructionState.DONE: "met",
    DestructionState.REFUSED: "done",
    DestructionState.WITHDRAWN: "done",
}
ITEM_STATES = {ItemState.LISTED: "open", ItemState.STOPPED: "done", ItemState.DESTROYED: "met"}


@never_cache
@require_http_methods(["GET", "POST"])
def retention_page(request):
    """Periods, the last reviews, and the files that are due; a POST proposes a list."""
    user, today = request.user, clock.today()
    permissions.require(user, Permission.QUERY_ARCHIVE)
    errors = {}
    if request.method == "POST":
        answer, errors = proposed(request, "archives", _propose)
        if answer is not None:
            return answer
    due = Archive.objects.visible_to(user).due(today).select_related("client", "branch")
    page = Paginator(due.order_by("keep_until", "pk"), BATCH_MOST).get_page(request.GET.get("page"))
    reviews = RetentionReview.objects.visible_to(user).select_related("branch", "by")[:10]
    chosen = set(request.POST.getlist("archives"))
    own = user.branch is not None and scope(user, Permission.DESTROY_ARCHIVE).covers(user.branch)
    context = {
        "rules": RetentionRule.objects.order_by("pk"),
        "reviews": reviews,
        "page": page,
        "lines": [
            {"archive": file, "name": file.client.name_for(user), "chosen": str(file.pk) in chosen}
            for file in page.object_list
        ],
        "may_propose": own,
        "may_change": user.has(Permission.MANAGE_REFERENCE),
        "errors": errors,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "custody/retention.html", context, status=422 if errors else 200)


def _propose(branch, by, ids, reason):
    return destruction.propose(branch, by=by, archive_ids=ids, reason=reason)


@require_POST
def review(request):
    """Look at all clocks of the branch now."""
    user = request.user
    permissions.require(user, Permission.DESTROY_ARCHIVE)
    if user.branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    retention.review(user.branch, year=clock.today().year, by=user)
    messages.success(request, _("Reviewed"), extra_tags="met")
    return htmx.redirect(request, reverse("custody:retention"))


@require_GET
def index(request):
    """The lists of one's branches, and those one is to witness."""
    user = request.user
    permissions.require(user, Permission.QUERY_ARCHIVE)
    rows = (
        Destruction.objects.visible_to(user)
        .select_related("branch", "proposed_by")
        .annotate(files=Count("items"), destroyed=Count("items", filter=Q(items__state=ItemState.DESTROYED)))
    )
    page = Paginator(rows.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    lines = [{"batch": row, "state": STATES[row.state]} for row in page.object_list]
    return render(request, "custody/destructions.html", {"page": page, "lines": lines})


def _visible(request, pk):
    rows = Destruction.objects.visible_to(request.user)
    people = ("branch", "proposed_by", "supervisor", "head", "carried_by", "witness", "ended_by")
    return rows.select_related(*people).get(pk=pk)


@never_cache
@require_GET
def batch(request, pk):
    """One list: its files, who has signed, what comes next."""
    user = request.user
    found = _visible(request, pk)
    items = found.items.select_related("archive__client", "stopped_by").order_by("file_no")
    context = {
        "batch": found,
        "state": STATES[found.state],
        "items": [
            {"item": item, "name": item.archive.client.name_for(user), "state": ITEM_STATES[item.state]}
            for item in items
        ],
        "others": [{"item": row, "state": ITEM_STATES[row.state]} for row in neighbours.listed(found)],
        "may": _may(found, user),
        "reads_register": scope(user, Permission.QUERY_ARCHIVE).covers(found.branch),
    }
    return render(request, "custody/destruction.html", context)


def _may(found, user):
    """{step: whether `user` may take it now}."""
    may = {
        name.replace("-", "_"): arrow.allows(found.state)
        and arrow.permission is not None
        and scope(user, arrow.permission).covers(found.branch)
        for name, arrow in DESTRUCTION_TRANSITIONS.items()
    }
    signed = (found.proposed_by_id, found.supervisor_id, found.head_id)
    may["refuse"] = may["approve"] or may["order"]
    may["approve"] = may["approve"] and not found.supervisor_id and user.pk not in signed
    may["order"] = may["order"] and not found.head_id and user.pk not in signed
    may["witness"] = found.state == DestructionState.UNDERWAY and found.witness_id == user.pk
    return may


@require_POST
def sign(request, pk, name):
    """Approve as supervisor, approve as head, or sign as witness."""
    action = {"approve": destruction.approve, "order": destruction.order, "witness": destruction.witness}
    if name not in action:
        raise Destruction.DoesNotExist
    action[name](pk, by=request.user)
    done = _("Carried out; the certificate is ready") if name == "witness" else _("Approved")
    messages.success(request, done, extra_tags="met")
    return htmx.redirect(request, reverse("custody:destruction", args=[pk]))


@never_cache
@require_http_methods(["GET", "POST"])
def step(request, pk, name):
    """Refuse, withdraw, or begin: each with what it needs."""
    found, user = _visible(request, pk), request.user
    data = request.POST if request.method == "POST" else None
    if name == "begin":
        permissions.require(user, Permission.DESTROY_ARCHIVE, found.branch)
        form, title = forms.BeginForm(data, witnesses=destruction.witnesses(found, user)), _("Carry out")

        def do(clean):
            destruction.begin(pk, by=user, witness_id=clean["witness"].pk, method=clean["method"])

    elif name in ("refuse", "withdraw"):
        _require_end(user, found, name)
        form = forms.NoteForm(data)
        title = _("Refuse the list") if name == "refuse" else _("Withdraw the list")

        def do(clean):
            getattr(destruction, name)(pk, by=user, **clean)

    else:
        raise Destruction.DoesNotExist
    back = reverse("custody:destruction", args=[pk])
    return ask(request, form, title, do, back=back, done=_("Recorded in the register"), note=found.number)


def _require_end(user, found, name):
    if name == "refuse" and user.has(Permission.APPROVE_DESTRUCTION):
        permissions.require(user, Permission.APPROVE_DESTRUCTION, found.branch)
    elif name == "refuse":
        permissions.require(user, Permission.ORDER_DESTRUCTION, found.branch)
    else:
        permissions.require(user, Permission.DESTROY_ARCHIVE, found.branch)


@never_cache
@require_GET
def certificate(request, pk):
    """The certificate on A4: kept for ever, numbers of files only."""
    found = _visible(request, pk)
    if found.state != DestructionState.DONE:
        raise Refused(_("There is a certificate once the list was carried out."))
    log(AccessEvent.Kind.PRINT, by=request.user, obj=found, fields=["certificate"], request=request)
    items = [*found.items.order_by("file_no"), *neighbours.listed(found)]
    context = {
        "batch": found,
        "destroyed": [item for item in items if item.state == ItemState.DESTROYED],
        "stopped": [item for item in items if item.state == ItemState.STOPPED],
        "now": clock.now(),
    }
    return render(request, "custody/certificate.html", context)
