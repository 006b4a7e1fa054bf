"""The month's closures as a workbook: a sheet for each way to group, and the records (W3-06)."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill

from rmflow.doors.sheets import safe
from rmflow.staff.models import BANK_TIME

from .closure_rows import judged, money

HEAD, GROUND = Font(bold=True), PatternFill("solid", fgColor="EFF4FA")
FIGURES = ("cases", "churn", "kept", "partly", "left", "served", "unended", "saved_sum", "lost_sum")


def write(analysis, user):
    """The workbook, not yet saved."""
    book = Workbook(write_only=True)
    heads = [_("Group"), *_figures()]
    for group in analysis.groups():
        lines = [[line["name"], *(line[name] for name in FIGURES)] for line in group["lines"]]
        total = [_("Total"), *(analysis.total[name] for name in FIGURES)]
        _sheet(book, group["title"], heads, [*lines, total])
    _sheet(book, pgettext("closures", "Records"), _columns(), _records(analysis, user))
    return book


def _figures():
    return [
        *(_("Cases"), _("Leaving us"), _("Kept wholly"), _("Kept in part"), _("Lost clients")),
        *(_("Served"), _("Still open"), _("Stayed with us (yuan)"), _("Left us (yuan)")),
    ]


def _sheet(book, title, heads, rows):
    page = book.create_sheet(title)
    page.freeze_panes = "A2"
    page.append([_head(page, text) for text in heads])
    for row in rows:
        page.append([safe(value) for value in row])


def _head(page, text):
    cell = WriteOnlyCell(page, value=safe(text))
    cell.font, cell.fill = HEAD, GROUND
    return cell


def _columns():
    return [
        *(_("Case"), _("Found at"), _("Branch"), _("Manager of the client"), _("Kind of movement")),
        *(_("Counter's judgement"), _("Manager's judgement"), _("Reason"), _("Product")),
        *(_("Destination"), _("Amount that moves"), _("Stayed with us"), _("Left us"), _("Result")),
    ]


def _records(analysis, user):
    """Numbers of cases and what was decided; nothing that says who the client is."""
    found = analysis.rows.select_related("branch", "manager", "product", "destination", "client")
    for case in found.order_by("found_at", "pk").iterator(chunk_size=1000):
        yield [
            case.number,
            case.found_at.astimezone(BANK_TIME).replace(tzinfo=None, microsecond=0),
            case.branch.name,
            case.manager.name if case.manager else "",
            str(case.get_movement_display()),
            str(case.get_suspicion_display()),
            judged(case),
            str(case.get_reason_display()) if case.reason else "",
            str(case.product or ""),
            str(case.destination or ""),
            *(money(amount, case, user) for amount in (case.amount, case.saved, case.lost)),
            str(case.get_result_display()) if case.result else str(case.get_state_display()),
        ]
