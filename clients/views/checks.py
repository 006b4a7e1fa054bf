"""核对 and 考核: rounds of checks with their findings; a grade for each manager and month (C-07)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import custody_forms as forms
from .. import custody_stats
from ..actions import assessments, checks
from ..custody_rules import Finding, Grade, grade_for
from ..models import Assessment, CheckItem, CheckRound
from ..scoring.months import first_of
from .custody_steps import ask

PAGE = 20
MONTHS = 12  # months back that can be assessed


@require_GET
def index(request):
    """Rounds of one's branches, the one under way first."""
    user = request.user
    permissions.require(user, Permission.QUERY_ARCHIVE)
    faults = Count("items", filter=~Q(items__finding__in=("", Finding.OK)))
    open_faults = Count("items", filter=~Q(items__finding__in=("", Finding.OK)) & Q(items__settled_at=None))
    rows = (
        CheckRound.objects.visible_to(user)
        .select_related("branch", "by")
        .annotate(n=Count("items"), faults=faults, open_faults=open_faults)
    )
    page = Paginator(rows.order_by("signed_at", "-at", "-pk"), PAGE).get_page(request.GET.get("page"))
    under_way = any(row.signed_at is None for row in page.object_list)
    may = user.branch is not None and scope(user, Permission.CHECK_ARCHIVE).covers(user.branch)
    return render(request, "custody/checks.html", {"page": page, "may_begin": may and not under_way})


@require_POST
def begin(request):
    """Draw a sample of the branch one works in."""
    user = request.user
    permissions.require(user, Permission.CHECK_ARCHIVE)
    made = checks.begin(_own_branch(user), by=user)
    return htmx.redirect(request, reverse("custody:check", args=[made.pk]))


def _own_branch(user):
    if user.branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    return user.branch


@never_cache
@require_http_methods(["GET", "POST"])
def round(request, pk):
    """A round: what was drawn and found. Saving keeps what is there; signing wants every file."""
    user = request.user
    permissions.require(user, Permission.QUERY_ARCHIVE)
    found = CheckRound.objects.visible_to(user).select_related("branch", "by").get(pk=pk)
    errors, typed = {}, {}
    if request.method == "POST":
        permissions.require(user, Permission.CHECK_ARCHIVE, found.branch)
        typed = _typed(request, found)
        try:
            checks.put_findings(pk, by=user, findings=typed)
            if "sign" in request.POST:
                checks.sign(pk, by=user, note=request.POST.get("note", ""))
        except Conflict:
            raise
        except Refused as refused:
            errors = {name: texts[0] for name, texts in refused.errors.items()}
        else:
            text = _("Signed") if "sign" in request.POST else _("Saved")
            messages.success(request, text, extra_tags="met")
            return htmx.redirect(request, reverse("custody:check", args=[pk]))
    context = {
        "round": found,
        "items": _items(found, user, typed, errors),
        "findings": forms.FINDINGS,
        "error": errors.get("detail", ""),
        "note": request.POST.get("note", found.note),
        "open": found.signed_at is None and scope(user, Permission.CHECK_ARCHIVE).covers(found.branch),
        "may_settle": scope(user, Permission.CHECK_ARCHIVE).covers(found.branch),
    }
    return render(request, "custody/check.html", context, status=422 if errors else 200)


def _typed(request, found):
    """{item id: (finding, note)} of the form."""
    return {
        pk: (request.POST.get(f"finding_{pk}", ""), request.POST.get(f"note_{pk}", ""))
        for pk in found.items.values_list("pk", flat=True)
        if f"finding_{pk}" in request.POST
    }


def _items(found, user, typed, errors):
    rows = found.items.select_related("archive__client", "settled_by").order_by("archive__file_no")
    return [
        {
            "item": item,
            "name": item.archive.client.name_for(user),
            "finding": typed.get(item.pk, (item.finding,))[0],
            "note": typed[item.pk][1] if item.pk in typed else item.note,
            "error": errors.get(f"note_{item.pk}") or errors.get(f"finding_{item.pk}") or "",
            "fault": item.finding not in ("", Finding.OK),
        }
        for item in rows
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def settle(request, pk):
    """A fault was put right."""
    user = request.user
    permissions.require(user, Permission.CHECK_ARCHIVE)
    rounds = CheckRound.objects.visible_to(user)
    item = CheckItem.objects.filter(round__in=rounds).select_related("archive", "round__branch").get(pk=pk)
    form = forms.NoteForm(request.POST if request.method == "POST" else None)
    form.fields["note"].label = _("How it was put right")
    return ask(
        request,
        form,
        _("Put the fault right"),
        lambda clean: checks.settle_fault(pk, by=user, **clean),
        back=reverse("custody:check", args=[item.round_id]),
        done=_("Recorded in the register"),
        note=f"{item.archive.file_no} · {item.get_finding_display()} · {item.note}",
    )


@require_GET
def assessed(request):
    """The managers of a branch in one month: figures, grade, confirmation."""
    user = request.user
    permissions.require(user, Permission.QUERY_ARCHIVE)
    month = _month(request.GET.get("month", ""))
    branch = (
        user.branch if user.branch and scope(user, Permission.QUERY_ARCHIVE).covers(user.branch) else None
    )
    figures = custody_stats.by_manager(branch, month) if branch else {}
    rows = Assessment.objects.visible_to(user).filter(month=month, branch=branch)
    given = {row.manager_id: row for row in rows.select_related("by", "confirmed_by", "manager")}
    context = {
        "month": month,
        "months": [
            {"label": f"{day:%Y-%m}", "url": f"?month={day:%Y-%m}", "current": day == month}
            for day in _months()[:6]
        ],
        "branch": branch,
        "lines": [_assessed(manager, found, given.get(manager), user) for manager, found in figures.items()],
        "may_assess": bool(branch) and scope(user, Permission.ASSESS_ARCHIVE).covers(branch),
        "may_confirm": bool(branch) and scope(user, Permission.APPROVE_CUSTODY).covers(branch),
    }
    return render(request, "custody/assessments.html", context)


def _assessed(manager, found, row, user):
    """One line: the kept figures of a given grade, else those of today."""
    shown = {**found, **(row.figures if row else {})}
    return {
        **shown,
        "manager": manager,
        "row": row,
        "suggested": Grade(grade_for(shown)).label,
        "own": row is not None and user.pk in (row.by_id, row.manager_id),
    }


def _months():
    today = clock.today()
    return [first_of(today, back=back) for back in range(1, MONTHS + 1)]


def _month(text):
    """A month that is over, by its text; else the last one."""
    return next((day for day in _months() if f"{day:%Y-%m}" == text), _months()[0])


@never_cache
@require_http_methods(["GET", "POST"])
def assess(request, pk, month):
    """Grade one manager."""
    user = request.user
    permissions.require(user, Permission.ASSESS_ARCHIVE)
    branch, day = _own_branch(user), _month(month)
    figures = custody_stats.by_manager(branch, day).get(pk)
    if figures is None:
        raise Assessment.DoesNotExist
    data = request.POST if request.method == "POST" else None
    form = forms.AssessForm(data, initial={"grade": grade_for(figures)})
    return ask(
        request,
        form,
        _("Assess {name}").format(name=figures["name"]),
        lambda clean: assessments.assess(branch, by=user, manager_id=pk, month=day, **clean),
        back=f"{reverse('custody:assessments')}?month={day:%Y-%m}",
        done=_("Recorded in the register"),
        go=_("Save the grade"),
        note=f"{day:%Y-%m}",
    )


@require_POST
def confirm(request, pk):
    """Supervisor or head confirms."""
    row = assessments.confirm(pk, by=request.user)
    messages.success(request, _("Confirmed"), extra_tags="met")
    return htmx.redirect(request, f"{reverse('custody:assessments')}?month={row.month:%Y-%m}")
