"""The list of an evaluation as an Excel file: masked as on the page, with who made it in the first line."""

import tempfile

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook

from rmflow.privacy import masks

from ..rules import ClientType, Level
from ..segments.workbook import safe
from .names import tier_names
from .rules import FLAG_WORDS, Move, Reason

AT_A_TIME = 2000
MOST = 20_000  # rows; more are no list to work by


def write(rows, staff, mark):
    """The bytes of the file."""
    book = Workbook(write_only=True)
    page = book.create_sheet(_("Tier evaluation"))
    page.freeze_panes = "A3"
    page.append([safe(mark)])
    page.append(
        [
            *(_("Client"), _("Customer number"), _("Tier before"), _("Tier after"), pgettext("tier", "Move")),
            *(_("Reason"), _("Monthly average"), _("Short of the next tier"), _("Months below"), _("Total")),
            *(_("Type"), _("Core or regular"), _("Flags"), pgettext("client", "Manager"), _("Branch")),
        ]
    )
    names, types, levels = tier_names(), dict(ClientType.choices), dict(Level.choices)
    for row in rows[:MOST].iterator(chunk_size=AT_A_TIME):
        own = row.client.is_looked_after_by(staff)
        cells = (
            *(row.client.name_for(staff), row.client.customer_no or ""),
            *(names.get(row.tier_before, row.tier_before), names.get(row.tier, row.tier)),
            *(str(Move(row.move).label), str(Reason(row.reason).label)),
            row.average if own else masks.band_amount(row.average),
            *(row.short, row.misses, row.total),
            *(str(types.get(row.type, "")), str(levels.get(row.level, ""))),
            _(", ").join(str(word) for flag, word in FLAG_WORDS.items() if row.flags & flag),
            *(row.owner.name if row.owner_id else "", row.branch.name),
        )
        page.append([safe(cell) for cell in cells])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        return file.read()
