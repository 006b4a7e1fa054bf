"""The list of an evaluation as an Excel file: masked as on the page, with who made it in the first line."""

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rmflow.doors import sheets
from rmflow.privacy import masks

from ..models import EvaluationRun
from ..rules import ClientType, Level
from ..segments.workbook import made_by
from . import asked as question
from .names import tier_names
from .rules import FLAG_WORDS, Move, Reason


def write(export, *, progress=lambda done: None):
    """The bytes of one export, asked anew with the rights its owner has now."""
    with translation.override(export.asked["language"]):
        run = EvaluationRun.objects.get(pk=export.asked["run"])
        _which, rows = question.rows(run, question.read(export.by, export.asked, run))
        mark = made_by(export, title(run), rows.count())
        return sheets.of_list(
            _("Tier evaluation"), mark, _heads(), _lines(rows, export.by), progress=progress
        )


def title(run):
    """2026-10 层级评价."""
    return f"{run.month:%Y-%m} {_('Tier evaluation')}"


def _heads():
    return [
        *(_("Client"), _("Customer number"), _("Tier before"), _("Tier after"), pgettext("tier", "Move")),
        *(_("Reason"), _("Monthly average"), _("Short of the next tier"), _("Months below"), _("Total")),
        *(_("Type"), _("Core or regular"), _("Flags"), pgettext("client", "Manager"), _("Branch")),
    ]


def _lines(rows, staff):
    names, types, levels = tier_names(), dict(ClientType.choices), dict(Level.choices)
    for row in rows.iterator(chunk_size=sheets.AT_A_TIME):
        own = row.client.is_looked_after_by(staff)
        yield [
            *(row.client.name_for(staff), row.client.customer_no or ""),
            *(names.get(row.tier_before, row.tier_before), names.get(row.tier, row.tier)),
            *(str(Move(row.move).label), str(Reason(row.reason).label)),
            row.average if own else masks.band_amount(row.average),
            *(row.short, row.misses, row.total),
            *(str(types.get(row.type, "")), str(levels.get(row.level, ""))),
            _(", ").join(str(word) for flag, word in FLAG_WORDS.items() if row.flags & flag),
            *(row.owner.name if row.owner_id else "", row.branch.name),
        ]
