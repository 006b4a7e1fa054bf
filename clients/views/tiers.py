"""层级评价: who goes up, down, stays, with the reason, before it takes effect; signing (B-11)."""

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.privacy import export_views, masks
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import tasks
from ..actions import evaluation as actions
from ..actions import exports, recompute, signing
from ..models import Evaluation, EvaluationRun, Override, RunPart
from ..scoring import asked as question
from ..scoring import stats
from ..scoring.flow import flow_picture
from ..scoring.names import tier_names
from ..scoring.rules import FLAG_WORDS, PartState, Reason, RunKind, RunState
from ..scoring.words import counts, flows, lists, manager_lines, matrix, reasons, tiles, wan

PAGE = 20
KEPT = 600  # seconds; the rows of a run that is computed never change


@require_GET
def index(request):
    """The latest run, or the one of the address, within one's branches."""
    user = request.user
    permissions.require(user, Permission.SEE_TIERS)
    run = chosen_run(request)
    if run is None:
        return render(request, "clients/tiers.html", {"run": None, "names": tier_names()})
    asked = question.read(user, request.GET, run)
    picture = stats.Picture(_groups(run, asked["branch_ids"]))
    context = {
        "run": run,
        "asked": asked,
        "runs": _runs(),
        "picture": picture,
        "tiles": tiles(picture, run),
        "matrix": matrix(picture, asked["link"]),
        "flows": flows(picture, asked["link"]),
        "flow": flow_picture(picture, asked["link"]),
        "reasons": reasons(picture),
        "managers": _managers(picture, asked),
        "branches": _branches(run, picture, asked) if len(asked["branch_ids"]) > 1 else None,
        "missing": picture.sums("missing"),
        **_signing(user, run, asked),
        **_list(request, run, asked, picture),
    }
    return render(request, "clients/tiers.html", context)


def chosen_run(request):
    """The run of the address, else the newest over the whole base."""
    number = request.GET.get("run", "")
    if number.isascii() and number.isdigit() and len(number) < 12:
        return EvaluationRun.objects.select_related("scorecard").get(pk=number)
    return stats.latest()


def _runs():
    rows = EvaluationRun.objects.exclude(kind=RunKind.EVENT).order_by("-month")[:12]
    return [{"pk": row.pk, "label": f"{row.month:%Y-%m} {row.get_kind_display()}"} for row in rows]


def _groups(run, branch_ids):
    """Read once, kept while the run's rows can no longer change."""
    if run.state == RunState.COMPUTING:
        return stats.of_run(run, branch_ids)
    key = f"tiers:{run.pk}:{run.finished_at}:{hash(tuple(branch_ids))}".replace(" ", "_")
    groups = cache.get(key)
    if groups is None:
        groups = stats.of_run(run, branch_ids)
        cache.set(key, groups, KEPT)
    return groups


def _managers(picture, asked):
    """A row per manager of one branch, the pool of those without one last, and the total."""
    if asked["branch"] is None:
        return None
    list_ = asked["which"] or "near"
    return manager_lines(picture.by("owner"), lambda pk: asked["link"](owner=pk or "none", list=list_))


def _branches(run, picture, asked):
    """A row per branch with the state of its signature."""
    by = picture.by("branch")
    parts = {part.branch_id: part for part in run.parts.select_related("signed_by")}
    return [
        {
            "name": branch.name,
            "part": parts.get(branch.pk),
            "url": asked["link"](branch=branch.pk),
            **counts(by[branch.pk]),
        }
        for branch in asked["branches"]
    ]


def _signing(user, run, asked):
    """What stands between the preview and its effect."""
    reach = scope(user, Permission.SIGN_TIERS)
    parts = run.parts.filter(branch__in=asked["branch_ids"]).select_related("branch", "signed_by")
    parts = list(parts)
    part = parts[0] if asked["branch"] and parts else None
    ready = [p for p in parts if p.state in (PartState.READY, PartState.UPGRADED) and reach.covers(p.branch)]
    may = run.state == RunState.READY and bool(ready)
    unread = signing.unread(part) if part and run.kind == RunKind.FORMAL and may else None
    first = unread.order_by("client_id").values_list("client_id", flat=True).first() if unread else None
    return {
        "part": part,
        "signed": sum(p.state == PartState.SIGNED for p in parts),
        "parts": len(parts),
        "may_sign": may and not first,
        "ready": len(ready),
        "ready_names": _(", ").join(p.branch.name for p in ready[:12]) + ("…" if len(ready) > 12 else ""),
        "may_send_back": may and part is not None and part.state == PartState.READY,
        "back": part is not None and part.state == PartState.BACK,
        "may_again": part is not None and part.state == PartState.BACK and reach.covers(part.branch),
        "review": first,
        "unread": unread.count() if first else 0,
    }


def _list(request, run, asked, picture):
    """The rows behind the tab or cell one chose; the near ones when nothing was."""
    which, found = question.rows(run, asked)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    shown = [row.client_id for row in page.object_list]
    held = Override.objects.in_force(clock.today()).filter(client__in=shown).exclude(tier="")
    by_hand = dict(held.values_list("client", "expires_on"))
    return {
        "page": page,
        "which": which,
        "tabs": lists(picture, asked["link"], which),
        "lines": [line(row, request.user, by_hand.get(row.client_id)) for row in page.object_list],
        "cell": asked["cell"],
        "export_query": request.GET.urlencode(),
        "unit": pgettext("unit", "clients"),
        "near_url": f"/followups/near/?branch={asked['branch'].pk if asked['branch'] else ''}",
    }


def line(row, user, by_hand=None):
    """A result as a row shows it: the average in full for the manager, its band for others.

    `by_hand`: until when a tier set by hand holds, whatever the run found.
    """
    names = tier_names()
    own = row.client.is_looked_after_by(user)
    return {
        "pk": row.client_id,
        "name": row.client.name_for(user),
        "before": names.get(row.tier_before, row.tier_before),
        "after": names.get(row.tier, row.tier),
        "move": row.move,
        "average": _amount(row.average, own),
        "short": wan(row.short) if row.short is not None else "",
        "next": _above(names, row.tier),
        "reason": Reason(row.reason).label,
        "misses": row.misses,
        "total": row.total,
        "by_hand": by_hand,
        "flags": [FLAG_WORDS[flag] for flag in FLAG_WORDS if row.flags & flag],
        "owner": row.owner.name if row.owner_id else "–",
        "branch": row.branch.name,
        "url": reverse("tiers:client", args=[row.client_id]),
    }


def _amount(amount, own):
    if amount is None:
        return "–"
    return wan(amount) if own else masks.band_amount(amount)


def _above(names, code):
    """The name of the next tier."""
    codes = list(names)
    place = codes.index(code) + 1 if code in codes else 0
    return names[codes[place]] if place < len(codes) else ""


@require_POST
def sign(request, pk):
    """The head signs one branch: what the page shows takes effect."""
    part = RunPart.objects.visible_to(request.user).get(pk=pk)
    signing.sign(pk, by=request.user, opinion=request.POST.get("note", ""))
    messages.success(request, _("Signed; the tiers are in effect"), extra_tags="met")
    return htmx.redirect(request, f"{reverse('tiers:index')}?run={part.run_id}&branch={part.branch_id}")


@require_POST
def sign_all(request, pk):
    """The head of a region signs every branch that waits."""
    run = EvaluationRun.objects.get(pk=pk)
    count = signing.sign_all(run.pk, by=request.user, opinion=request.POST.get("note", ""))
    messages.success(request, _("{n} branches signed").format(n=count), extra_tags="met")
    return htmx.redirect(request, f"{reverse('tiers:index')}?run={run.pk}")


@require_POST
def send_back(request, pk):
    """The head sends a branch's part back: its data are looked at before it is computed anew."""
    part = recompute.send_back(pk, by=request.user, why=request.POST.get("note", ""))
    messages.success(request, _("Sent back; the administrators check the data"), extra_tags="met")
    return htmx.redirect(request, f"{reverse('tiers:index')}?run={part.run_id}&branch={part.branch_id}")


@require_POST
def again(request, pk):
    """The data of a branch that was sent back are right: it is computed anew."""
    run = recompute.again(pk, by=request.user)
    tasks.queue_on_commit(run)
    messages.success(request, _("It is computed anew"), extra_tags="met")
    return htmx.redirect(request, f"{reverse('tiers:index')}?run={run.pk}")


@require_POST
def all_again(request, pk):
    """The same for every branch of a run, by who loads the files."""
    tasks.queue_on_commit(recompute.all_again(pk, by=request.user))
    messages.success(request, _("It is computed anew"), extra_tags="met")
    return htmx.redirect(request, reverse("tiers:cards"))


@require_POST
def export(request):
    """The chosen list as Excel, masked and marked; a long one is made in the background."""
    permissions.require(request.user, Permission.SEE_TIERS)
    run = chosen_run(request)
    if run is None:
        raise EvaluationRun.DoesNotExist
    return export_views.go(request, exports.of_run(run, request.GET, by=request.user, request=request))


@require_POST
def read(request, pk, client):
    """Note a downgrade as read and go on to the next."""
    signing.read_downgrade(pk, client, by=request.user)
    part = RunPart.objects.visible_to(request.user).select_related("run").get(pk=pk)
    rest = signing.unread(part).order_by("client_id").values_list("client_id", flat=True).first()
    if rest is None:
        messages.success(request, _("Every downgrade is read; you may sign"), extra_tags="met")
        return htmx.redirect(request, f"{reverse('tiers:index')}?run={part.run_id}&branch={part.branch_id}")
    return htmx.redirect(request, f"{reverse('tiers:client', args=[rest])}?review={part.pk}")


@require_POST
def start(request):
    """Begin last month's run now, instead of at night."""
    permissions.require(request.user, Permission.KEEP_SCORECARDS)
    run = actions.start_due(today=clock.today())
    if run is None:
        raise Refused(_("Last month is evaluated already, or its balances are not there yet."))
    tasks.queue_on_commit(run)
    messages.success(request, _("The evaluation has begun"), extra_tags="met")
    return htmx.redirect(request, reverse("tiers:cards"))


def latest_of(client):
    """The newest results of a client with their runs, newest first."""
    rows = Evaluation.objects.filter(client=client).select_related("run", "scorecard")
    return rows.order_by("-month", "-run_id")
