"""The clients of a segment as an Excel file: masked as on the page, streamed row by row."""

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rmflow.doors import sheets
from rmflow.staff.models import BANK_TIME

from ..models import Segment
from ..rules import ClientType, Level
from ..scoring.names import tier_names
from .query import segment_clients


def write(export, *, progress=lambda done: None):
    """The bytes of one export, asked anew with the rights its owner has now; masked as the page is."""
    staff = export.by
    with translation.override(export.asked["language"]):
        segment = Segment.objects.visible_to(staff).get(pk=export.asked["segment"])
        rows = segment_clients(segment, staff)
        mark = made_by(export, segment.name, rows.count())
        return sheets.of_list(_("Clients"), mark, _heads(), _lines(rows, staff), progress=progress)


def made_by(export, name, number):
    """The first line: what the list is, who asked for it and when."""
    return _("{name} · {n} clients · made by {who} {when} · internal, not to be passed on").format(
        name=name,
        n=number,
        who=export.by.employee_no,
        when=f"{export.at.astimezone(BANK_TIME):%Y-%m-%d %H:%M}",
    )


def _heads():
    return [
        *(_("Name"), _("Customer number"), _("Type"), _("Core or regular"), _("Tier"), _("Phone")),
        *(_("Occupation"), pgettext("client", "Manager"), _("Branch"), _("Last reached")),
    ]


def _lines(rows, staff):
    types, levels, tiers = dict(ClientType.choices), dict(Level.choices), tier_names()
    found = rows.select_related("owner", "branch").order_by("pinyin", "pk")
    for client in found.iterator(chunk_size=sheets.AT_A_TIME):
        last = client.last_contact_at
        yield [
            *(client.name_for(staff), client.customer_no or "", str(types[client.type])),
            *(str(levels.get(client.level, "")), tiers.get(client.tier, client.tier), client.masked_phone),
            *(client.occupation, client.owner.name if client.owner_id else "", client.branch.name),
            last.date() if last else None,
        ]
