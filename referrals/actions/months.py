"""The month's table (W1-12): compiled once as a draft, sent to the head, frozen by the signature."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Role, Scope
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workflow import Conflict, Refused

from ..models import MonthEvent, MonthReport
from ..rules import months as rules
from ..rules import periods
from ..rules.months import MonthState
from ..stats import months as stats


def compile_due(*, today):
    """On the first working day and after: last month's draft of every branch that has none yet.

    Branch by branch, each in its own transaction: killed half-way, run twice or by two workers, every
    branch ends up with one draft and its head with one notice. Unsigned drafts follow their figures.
    """
    if not periods.compile_is_due(today, working_days=calendar()):
        return {"compiled": 0, "renewed": 0}
    month = periods.month_to_report(today).first
    did = {"compiled": 0, "renewed": 0, "kept": 0}
    for branch in Branch.objects.outlets().filter(pk__in=stats.branches_with_days(month)):
        did[compile_month(branch, month)[1]] += 1
    del did["kept"]
    return did


@transaction.atomic
def compile_month(branch, month, *, by=None):
    """Make or renew one draft; returns (report, "compiled" | "renewed" | "kept")."""
    period = periods.period(periods.Kind.MONTH, month)
    if period.last >= clock.today():
        raise Refused(_("A month is compiled when it is over."), field="month")
    report, made = MonthReport.objects.get_or_create(branch=branch, month=period.first)
    report = MonthReport.objects.select_for_update(of=("self",)).select_related("branch").get(pk=report.pk)
    if report.is_signed:
        return report, "kept"
    content = stats.content(Scope(branch_ids=frozenset({branch.pk})), period)
    digest = rules.digest(content)
    if not made and digest == report.digest:
        return report, "kept"
    report.content, report.digest, report.compiled_at = content, digest, clock.now()
    report.save(update_fields=["content", "digest", "compiled_at"])
    _event(report, "compile", by=by, before="" if made else MonthState.DRAFT)
    if made:
        _tell(report)
    return report, "compiled" if made else "renewed"


def _tell(report):
    heads = User.objects.holding_at(report.branch_id, Role.BRANCH_HEAD)
    notify(
        heads,
        "month_draft",
        gettext_noop("The referral statistics of {month} are compiled and wait for your signature."),
        key=f"month:{report.pk}",
        link=f"/statistics/?kind=month&day={report.month:%Y-%m-%d}&branch={report.branch_id}",
        params={"month": f"{report.month:%Y-%m}"},
    )


def _event(report, name, *, by, before, note=""):
    MonthEvent.objects.create(
        report=report,
        name=name,
        state_from=before,
        state_to=report.state,
        by=by,
        digest=report.digest,
        note=note,
    )


@transaction.atomic
def sign(report_id, *, by, digest):
    """The head's signature: counts anew, freezes figures and rows; `digest` is of what the head read.

    Conflict when it is signed already, or when the figures moved while the page was open.
    """
    report = (
        MonthReport.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("branch")
        .get(pk=report_id)
    )
    arrow = rules.TRANSITIONS["sign"]
    permissions.require(by, arrow.permission, report.branch)
    arrow.check(report.state)
    period = periods.period(periods.Kind.MONTH, report.month)
    content = stats.content(Scope(branch_ids=frozenset({report.branch_id})), period)
    if rules.digest(content) != digest:
        raise Conflict(_("The figures changed since you opened the page; read them again."), code="figures")
    before, report.state = report.state, arrow.target
    report.content, report.digest = content, digest
    report.signed_by, report.signed_at = by, clock.now()
    report.save(update_fields=["state", "content", "digest", "signed_by", "signed_at"])
    _event(report, "sign", by=by, before=before)
    return report


def frozen_still(report):
    """Whether the content is what was signed, by its digest."""
    return rules.digest(report.content) == report.digest
