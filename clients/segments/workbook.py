"""The clients of a segment as an Excel file: masked as on the page, streamed row by row."""

import tempfile

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook

from ..rules import ClientType, Level
from ..scoring.names import tier_names

#: A text that begins so would be read as a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
AT_A_TIME = 2000
MOST = 20_000  # rows; more are no list to work by


def safe(value):
    """Text that looks like a formula stays text by a leading apostrophe."""
    if not isinstance(value, str):
        return value
    value = "".join(letter for letter in value if letter >= " ")
    return f"'{value}" if value.startswith(DANGEROUS) else value


def write(rows, staff, mark):
    """The bytes of the file; `mark` says who made it and when, in the first line."""
    book = Workbook(write_only=True)
    page = book.create_sheet(_("Clients"))
    page.freeze_panes = "A3"
    page.append([safe(mark)])
    page.append(
        [
            *(_("Name"), _("Customer number"), _("Type"), _("Core or regular"), _("Tier"), _("Phone")),
            *(_("Occupation"), pgettext("client", "Manager"), _("Branch"), _("Last reached")),
        ]
    )
    types, levels, tiers = dict(ClientType.choices), dict(Level.choices), tier_names()
    found = rows.select_related("owner", "branch").order_by("pinyin", "pk")[:MOST]
    for client in found.iterator(chunk_size=AT_A_TIME):
        last = client.last_contact_at
        cells = (
            *(client.name_for(staff), client.customer_no or "", str(types[client.type])),
            *(str(levels.get(client.level, "")), tiers.get(client.tier, client.tier), client.masked_phone),
            *(client.occupation, client.owner.name if client.owner_id else "", client.branch.name),
            last.date() if last else None,
        )
        page.append([safe(cell) for cell in cells])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        return file.read()
