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
    total = {**stats.figures(asked.period(), today=asked.today), "key": None}
    _page(book, asked.name, heads, [_row(asked, "", _("Total"), total)])
    for dimension, label in desk.DIMENSIONS.items():
        rows = stats.by(asked.period(), dimension, today=asked.today)
        _page(
            book,
            str(label),
            heads,
            [_row(asked, dimension, desk.heading(dimension, row), row) for row in rows],
        )
    months = stats.by_month(asked.rows, today=asked.today)
    _page(book, _("Months"), heads, [_row(asked, "", f"{row['month']:%Y-%m}", row) for row in months])
    return saved(book)


def _rate_heads():
    return [
        *(_("On the spot, rate"), _("3 working days, rate"), _("7 working days, rate")),
        *(_("Repeats, rate"), _("Content, rate"), _("Of 1,000 clients")),
    ]


#: Rates of §3.3 in the order of their heads; the last is a number, not a share.
RATES = ("on_spot", "within_3", "within_7", "repeats", "content", "per_1000")


def _row(asked, dimension, name, row):
    rate = stats.rates(row, clients=asked.clients_of(dimension, row))
    shares = [rate[name] for name in RATES]
    return [safe(str(name)), *(row[column] for column in desk.COLUMNS), *shares]


def _page(book, title, heads, rows):
    page = book.create_sheet(title[:31].replace("/", "-"))
    page.freeze_panes = "B2"
    page.append(heads)
    for cell in page[1]:
        cell.font = Font(bold=True)
    for row in rows:
        page.append(row)
        *shares, per_1000 = page[page.max_row][-len(RATES) :]
        for cell in shares:
            cell.number_format = "0.0%"
        per_1000.number_format = "0.00"
    for number, head in enumerate(heads, 1):
        page.column_dimensions[get_column_letter(number)].width = max(10, 2 * len(head) + 2)
