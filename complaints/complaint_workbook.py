"""The desk's Excel file: totals and rates, every dimension, the months; real numbers, no personal data."""

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from rmflow.doors.sheets import safe, saved

from . import complaint_desk as desk
from .stats import complaint as stats


def write(asked):
    """The bytes of the workbook for a question asked of the desk."""
    book = Workbook()
    book.remove(book.active)
    heads = [_("Name"), *(str(head) for head, _of in desk.COLUMNS.values()), *_rate_heads()]
    _page(book, asked.name, heads, [_row(_("Total"), stats.figures(asked.period(), today=asked.today))])
    for dimension, label in desk.DIMENSIONS.items():
        rows = stats.by(asked.period(), dimension, today=asked.today)
        _page(book, str(label), heads, [_row(desk.heading(dimension, row), row) for row in rows])
    months = stats.by_month(asked.rows, today=asked.today)
    _page(book, _("Months"), heads, [_row(f"{row['month']:%Y-%m}", row) for row in months])
    return saved(book)


def _rate_heads():
    return [_("On the spot, rate"), _("3 working days, rate"), _("7 working days, rate"), _("Content, rate")]


def _row(name, row):
    rate = stats.rates(row)
    shares = [rate["on_spot"], rate["within_3"], rate["within_7"], rate["content"]]
    return [safe(str(name)), *(row[column] for column in desk.COLUMNS), *shares]


def _page(book, title, heads, rows):
    page = book.create_sheet(title[:31].replace("/", "-"))
    page.freeze_panes = "B2"
    page.append(heads)
    for cell in page[1]:
        cell.font = Font(bold=True)
    for row in rows:
        page.append(row)
        for cell in page[page.max_row][-4:]:
            cell.number_format = "0.0%"
    for number, head in enumerate(heads, 1):
        page.column_dimensions[get_column_letter(number)].width = max(10, 2 * len(head) + 2)
