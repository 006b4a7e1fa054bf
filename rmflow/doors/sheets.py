"""Excel files of lists: streamed row by row, so that a long list costs no more memory than a short one."""

import tempfile

from openpyxl import Workbook

#: A text that begins so would be read as a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
AT_A_TIME = 2000
#: Rows of one sheet; Excel reads 1,048,576 lines at most, so a longer list goes on on the next sheet.
LONGEST = 1_000_000


def safe(value):
    """A cell's value: text that looks like a formula is kept as text by a leading apostrophe."""
    if isinstance(value, str):
        value = "".join(c for c in value if c >= " " or c == "\n")
        return f"'{value}" if value.startswith(DANGEROUS) else value
    return value


def of_list(title, mark, heads, rows, *, progress=lambda done: None):
    """The bytes of a list: `mark` (who made it, when) in the first line, `heads` in the second, both frozen."""
    book, page = Workbook(write_only=True), None
    for number, row in enumerate(rows):
        if number % LONGEST == 0:
            page = _sheet(book, f"{title} {number // LONGEST + 1}" if number else title, mark, heads)
        page.append([safe(cell) for cell in row])
        progress(number + 1)
    if page is None:
        _sheet(book, title, mark, heads)
    return saved(book)


def _sheet(book, title, mark, heads):
    page = book.create_sheet(title)
    page.freeze_panes = "A3"
    page.append([safe(mark)])
    page.append([safe(head) for head in heads])
    return page


def saved(book):
    """The file's bytes."""
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        return file.read()
