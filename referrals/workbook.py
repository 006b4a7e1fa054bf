"""The Excel file: one sheet a view, real numbers, streamed row by row (openpyxl write-only)."""

import datetime
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from clients.rules import ClientType
from rmflow.doors.sheets import AT_A_TIME, safe, saved
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Role

from . import table
from .asked import Asked
from .rules import CheckResult, SourceChannel, Status, figures, frozen
from .stats import behind
from .stats import figures as stats
from .stats import months as month_stats

HEAD = Font(bold=True)
GROUND = PatternFill("solid", fgColor="EFF4FA")
MONEY, RATE = "#,##0.00", "0.0%"


def write(export, *, progress=lambda done: None):
    """The bytes of one export, asked anew with the rights its owner has now."""
    with translation.override("zh-hans"):
        asked = Asked.again(export.by, export.asked)
        book = Workbook(write_only=True)
        for title, heads, rows in sheets(asked, progress):
            _sheet(book, title, heads, rows)
        return saved(book)


def _sheet(book, title, heads, rows):
    page = book.create_sheet(title)
    page.freeze_panes = "A2"
    for number, (head, width) in enumerate(heads, 1):
        page.column_dimensions[get_column_letter(number)].width = width or max(10, 2 * len(head) + 2)
    page.append([_head(page, head) for head, _width in heads])
    for row in rows:
        page.append([_cell(page, value) for value in row])
    page.auto_filter.ref = f"A1:{get_column_letter(len(heads))}1"


def _head(page, text):
    cell = WriteOnlyCell(page, value=safe(text))
    cell.font, cell.fill = HEAD, GROUND
    return cell


def _cell(page, value):
    if isinstance(value, Decimal):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = MONEY
        return cell
    if isinstance(value, float):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = RATE
        return cell
    return safe(value)


#: The form's columns after the first ones, in its order (domain-rules §1.3).
COLUMNS = (
    *("total", "referred", "to_follow_up", "verified", "premium", "potential", "prospective", "ordinary"),
    *("repeats", "invalid", "spot_deals", "spot_amount", "follow_deals", "converted", "follow_amount"),
)


def _heads():
    words = (
        _("Referrals, total"), _("Referred"), _("To follow up"), _("Found true"), _("Existing premium"),
        _("Existing potential"), _("Prospective premium"), _("Ordinary"), _("Repeats"), _("Invalid"),
        _("Deals on the spot"), _("Amount on the spot (yuan)"), _("Deals after follow-up"),
        _("Converted after follow-up"), _("Amount after follow-up (yuan)"),
        _("Recognition accuracy"), _("On-site guidance success"), _("Follow-up conversion"),
    )  # fmt: skip
    return [(word, 0) for word in words]


def _measures(row):
    rates = figures.rates(row)
    shares = [
        None if rates[name] is None else rates[name] / 100 for name in ("accuracy", "guided", "conversion")
    ]
    return [*(row[name] for name in COLUMNS), *shares]


def sheets(asked, progress):
    """(title, heads, rows) of every view; rows are made as they are written. A signed month's are the signed ones."""
    counted = _signed(asked) if asked.frozen is not None else _live(asked.question)
    total, end = counted["total"], [_("Total")]
    yield (
        _("By employee"),
        [
            *((_("Rank"), 6), (_("Referrer"), 12), (_("Employee number"), 10), (_("Post"), 14)),
            *((_("Branch"), 16), *_heads()),
        ],
        [
            *([row["rank"], row["employee_name"], row["employee_no"], str(table.post(row)), row["branch_name"],
               *_measures(row)] for row in figures.ranked(counted["employees"])),
            [None, _("Total (each deal once)"), None, None, None, *_measures(total)],
        ],
    )  # fmt: skip
    for title, head, name, key in _views():
        lines = [[name(row), *_measures(row)] for row in counted[key]]
        yield title, [(head, 18), *_heads()], [*lines, [*end, *_measures(total)]]
    yield (
        _("Days not locked"),
        [(pgettext("date", "Day"), 12), (_("Branch"), 18)],
        [[day["date"], day["branch__name"]] for day in counted["days"] if not day["closed_at"]],
    )
    yield pgettext("sheet", "Slips"), _slip_heads(), _slips(asked, progress)
    yield pgettext("sheet", "Deals"), _deal_heads(), _deals(asked)


def _live(question):
    """Each view of the question, counted now."""
    return {
        "total": stats.total(question),
        "employees": stats.by_employee(question),
        "roles": stats.by_role(question),
        "channels": stats.by_channel(question),
        "dates": stats.by_day(question),
        "hours": stats.by_hour(question),
        "branches": stats.by_branch(question),
        "regions": stats.by_region(question),
        "cohorts": stats.cohorts(question),
        "days": stats.days(question),
    }


def _signed(asked):
    """Each view as it was signed; one branch, so that branch and region are the whole."""
    shown, branch = month_stats.read(asked.frozen), asked.branch
    days = [{**day, "branch__name": branch.name} for day in shown["days"]]
    return {
        **shown,
        "days": days,
        "branches": [{**shown["total"], "branch_name": branch.name}],
        "regions": [{**shown["total"], "region_name": branch.parent.name if branch.parent else ""}],
    }


def _views():
    """Title, heading of the first column, its text, and where the rows are."""
    return (
        (_("By role"), _("Role"), lambda row: str(Role(row["role"]).label), "roles"),
        (_("By channel"), _("Channel"), lambda row: str(SourceChannel(row["channel"]).label), "channels"),
        (_("By day"), pgettext("date", "Day"), lambda row: row["date"], "dates"),
        (_("By hour"), _("Hour"), lambda row: f"{row['hour']:02d}:00", "hours"),
        (_("By branch"), _("Branch"), lambda row: row["branch_name"], "branches"),
        (
            pgettext("sheet", "By region"),
            pgettext("view", "Region"),
            lambda row: row["region_name"],
            "regions",
        ),
        (_("By month of referral"), _("Month"), lambda row: f"{row['made_month']:%Y-%m}", "cohorts"),
    )


def _slip_heads():
    words = (
        (_("Slip"), 12), (_("Counted under"), 12), (_("Referred at"), 18), (_("Branch"), 16), (_("Referrer"), 12),
        (_("Employee number"), 10), (_("Role"), 12), (_("Channel"), 12), (_("State"), 10), (_("Check"), 10),
        (_("Type"), 14), (_("Receiving manager"), 12),
    )  # fmt: skip
    return list(words)


def _slips(asked, progress):
    """Numbers of slips and what was decided; nothing that says who the client is."""
    words = {
        "role": dict(Role.choices), "channel": dict(SourceChannel.choices), "state": dict(Status.choices),
        "check": dict(CheckResult.choices), "type": dict(ClientType.choices),
    }  # fmt: skip
    words = {name: {code: str(label) for code, label in labels.items()} for name, labels in words.items()}
    columns = (
        "pk", "counted_on__date", "referred_at", "sender_branch__name", "referrer__name", "referrer__employee_no",
        "referrer_role", "source_channel", "status", "check_result", "outcome", "manager__name",
    )  # fmt: skip
    signed = {row["pk"]: row for row in frozen.slips(asked.frozen)} if asked.frozen is not None else {}
    found = _rows(asked, signed, deals=False).values_list(*columns)
    for number, row in enumerate(found.iterator(chunk_size=AT_A_TIME), 1):
        made, day = row[2].astimezone(BANK_TIME).replace(tzinfo=None), row[1]
        state, check, outcome = row[8], row[9], row[10]
        if then := signed.get(row[0]):
            day, state, check, outcome = (then[name] for name in ("date", "status", "check", "outcome"))
            day = datetime.date.fromisoformat(day)
        yield [
            f"TJ{row[0]:08d}", day, made, *row[3:6], words["role"][row[6]], words["channel"][row[7]],
            words["state"][state], words["check"][check], words["type"].get(outcome, ""), row[11] or "",
        ]  # fmt: skip
        progress(number)


def _rows(asked, signed, *, deals):
    """The slips or deals of the workbook: those that were signed, else those that count now."""
    if asked.frozen is not None:
        return behind.by_number(list(signed), asked.question.scope, deals=deals).select_related(None)
    return (behind.deals if deals else behind.slips)(asked.question).select_related(None)


def _deal_heads():
    return [
        (_("Deal"), 10), (_("Slip"), 12), (_("Day of the deal"), 12), (_("Counted under"), 12), (_("Product"), 30),
        (_("Amount (yuan)"), 16), (_("Referrer"), 12), (_("Referrer's share"), 10), (_("Manager"), 12),
        (_("Manager's share"), 10),
    ]  # fmt: skip


def _deals(asked):
    columns = (
        "pk", "credit__referral_id", "done_on", "day__date", "product__name", "amount", "credit__referrer__name",
        "credit__referrer_share", "credit__manager__name", "credit__manager_share",
    )  # fmt: skip
    signed = {row["pk"]: row for row in frozen.deals(asked.frozen)} if asked.frozen is not None else {}
    for row in _rows(asked, signed, deals=True).values_list(*columns).iterator(chunk_size=AT_A_TIME):
        yield [row[0], f"TJ{row[1]:08d}", *row[2:7], float(row[7] / 100), row[8], float(row[9] / 100)]


def file_name(asked):
    """推介统计_中山路支行_2026-09.xlsx."""
    place = asked.branch.name if asked.branch else pgettext("filter", "All branches")
    span = asked.period
    return f"{_('Referral statistics')}_{place}_{span.first:%Y%m%d}-{span.last:%Y%m%d}.xlsx"
