"""What is held about a client, in full and in plain words: the copy a client may ask for (PIPL 45)."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from . import timeline
from .models import Profile
from .rules import ClientType
from .scoring.names import tier_names

#: Columns of person and profile that the copy gives, in the order of the record form.
PERSON = (
    *("name", "salutation", "birth_date", "id_kind", "id_number", "phone", "address", "occupation"),
    *("education", "marital_status", "notice_version", "notice_at", "notice_basis", "do_not_contact"),
)
NOT_FOR_THE_COPY = ("client", "updated_at", "updated_by", "secrecy")
ENTRIES = 200  # lines of the timeline on the copy


def sections(client):
    """[(title, [(label, value), …])] of everything the bank holds; the caller logs the export."""
    profile = Profile.objects.filter(client=client).first()
    columns = [f.name for f in Profile._meta.concrete_fields if f.name not in NOT_FOR_THE_COPY]
    found = [
        (_("Person"), [_fact(client, name) for name in PERSON]),
        (_("Features and needs"), [_fact(profile, name) for name in columns] if profile else []),
        (_("Type and tier"), _judgement(client)),
        (_("Family"), [_relative(row) for row in client.family.all()]),
        (_("Important dates"), [(row.get_kind_display(), _day(row)) for row in client.dates.all()]),
        (
            _("Life events"),
            [
                (f"{row.on:%Y-%m-%d}", f"{row.get_kind_display()} {row.note}")
                for row in client.life_events.all()
            ],
        ),
        (_("Consents"), [_consent(row) for row in client.consents.all()]),
        (_("Holdings"), [_holding(row) for row in client.holdings.select_related("product")]),
        (
            _("Monthly balances"),
            [(f"{row.month:%Y-%m}", f"{row.amount:,.2f}") for row in client.balances.order_by("-month")[:60]],
        ),
        (pgettext("rights", "What happened"), _entries(client)),
    ]
    return [
        {"title": title, "lines": [line for line in lines if line[1] not in ("", None)]}
        for title, lines in found
    ]


def _fact(row, name):
    column = row._meta.get_field(name)
    value = getattr(row, name)
    if isinstance(value, bool):
        value = pgettext("answer", "Yes") if value else pgettext("answer", "No")
    elif isinstance(value, list):
        choices = dict(column.base_field.choices or ())
        value = _(", ").join(str(choices.get(code, code)) for code in value)
    elif isinstance(value, Decimal):
        value = f"{value:,.2f}"
    elif column.choices:
        value = getattr(row, f"get_{name}_display")()
    elif hasattr(value, "strftime"):
        value = f"{value:%Y-%m-%d}"
    return str(column.verbose_name), "" if value is None else str(value)


def _judgement(client):
    tier = tier_names().get(client.tier, client.tier)
    lines = [(_("Type"), str(ClientType(client.type).label)), (_("Tier"), tier)]
    return [*lines, (pgettext("client", "Manager"), client.owner.name if client.owner_id else "")]


def _relative(row):
    born = f"{row.birth_date:%Y-%m-%d}" if row.birth_date else ""
    return row.get_relation_display(), " ".join(filter(None, (row.name, born, row.occupation)))


def _day(row):
    year = f"{row.year}-" if row.year else ""
    return f"{year}{row.month:02d}-{row.day:02d} {row.label}".strip()


def _consent(row):
    ended = _("withdrawn {day}").format(day=f"{row.withdrawn_at:%Y-%m-%d}") if row.withdrawn_at else ""
    text = f"{row.get_basis_display()} {row.version} {row.given_at:%Y-%m-%d} {ended}"
    return row.get_purpose_display(), text.strip()


def _holding(row):
    return row.product.name, f"{row.contract_no} {row.amount:,.2f} {row.opened_on:%Y-%m-%d}"


def _entries(client):
    rows = client.timeline.select_related("by").order_by("-at", "-pk")[:ENTRIES]
    return [(f"{row.at:%Y-%m-%d}", timeline.sentence(row)) for row in rows]
