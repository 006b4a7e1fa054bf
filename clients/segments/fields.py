"""What a segment may ask about: the four feature groups of the archive, type, tier, money, days, consents.

Each field names its kind, its words and the part of `query` that reads it. No religion, health, politics or
ethnicity (Personal Information Protection Law, art. 28); nothing that is encrypted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, scope

from .. import profile_rules as known
from ..models import Client, Profile
from ..rules import ClientType, Level, ProductCategory, Salutation
from ..scoring.names import tier_names
from .rules import GROUPS, MOST_MONEY, OPS, Kind, Shape

YUAN = gettext_lazy("10k yuan")


def managers(staff) -> list[tuple[str, Any]]:
    """Oneself, nobody, and the managers of the branches one sees."""
    reach = scope(staff, Permission.SEE_CLIENTS)
    rows = User.objects.active().filter(pk__in=Client.objects.filter(reach.q("branch")).values("owner"))
    people = rows.order_by("name", "pk").values_list("pk", "name")
    return [("me", _("Myself")), ("nobody", _("Nobody"))] + [(str(pk), name) for pk, name in people]


@dataclass(frozen=True)
class Field:
    """One thing a segment may ask about; `read` is a name in `query.READERS`, `path` what it reads."""

    group: str
    kind: Kind
    label: Any
    path: str = ""
    read: str = "column"
    choices: Any = None  # pairs, or a function of the reader
    unit: Any = ""
    needs: str = ""  # a permission beside USE_SEGMENTS
    least: int = 0
    most: int = MOST_MONEY
    stamp: bool = False  # a time, not a day
    never_is_old: bool = False  # nothing on record counts as long ago

    @property
    def ops(self):
        return OPS[self.kind]

    @property
    def of_archive(self):
        """Whether the archive's secrecy covers it."""
        return self.group not in ("type", "care")

    def options(self, staff):
        """[(code, label)] as `staff` may choose."""
        return list(self.choices(staff) if isinstance(self.choices, Callable) else self.choices or ())


def _profile(group, kind, name, choices=None, **more):
    label = Profile._meta.get_field(name).verbose_name
    return Field(group, kind, label, f"profile__{name}", choices=choices.choices if choices else None, **more)


def _client(group, kind, name, choices=None, **more):
    return Field(group, kind, Client._meta.get_field(name).verbose_name, name, choices=choices, **more)


def _money(label, path, group="account", **more):
    return Field(group, Kind.MONEY, label, path, "money", unit=YUAN, **more)


def _tiers(_staff):
    return list(tier_names().items())


MONTHS = [(str(n), gettext_lazy("Month %d") % n) for n in range(1, 13)]
SCORED = Permission.SEE_TIERS
LOSS = -MOST_MONEY

FIELDS: dict[str, Field] = {
    "type": _client("type", Kind.CHOICE, "type", ClientType.choices),
    "level": _client("type", Kind.CHOICE, "level", Level.choices),
    "tier": _client("type", Kind.CHOICE, "tier", _tiers),
    "tier_since": _client("type", Kind.DATE, "tier_since"),
    "watch_since": _client("type", Kind.DATE, "watch_since"),
    "score": Field(
        "type",
        Kind.NUMBER,
        gettext_lazy("Score of the last evaluation"),
        "scored__total",
        needs=SCORED,
        most=100,
    ),
    "short": _money(gettext_lazy("Short of the next tier"), "scored__short", "type", needs=SCORED),
    "archived": Field("type", Kind.FLAG, gettext_lazy("Has an archive"), "archive", "present"),
    # (a) basic features
    "salutation": _client("basic", Kind.CHOICE, "salutation", Salutation.choices),
    "age": Field("basic", Kind.NUMBER, gettext_lazy("Age"), "birth_date", "age", most=130),
    "birth_month": Field(
        "basic", Kind.ONE, gettext_lazy("Month of birth"), "birth_date", "birth_month", choices=MONTHS
    ),
    "occupation": _client("basic", Kind.TEXT, "occupation"),
    "job_class": _profile("basic", Kind.CHOICE, "job_class", known.JobClass),
    "employer": _profile("basic", Kind.TEXT, "employer"),
    "social_role": Field(
        "basic", Kind.FLAG, gettext_lazy("Heads an association or committee"), "profile__social_role", "flag"
    ),
    "education": _client("basic", Kind.TEXT, "education"),
    "marital_status": _client("basic", Kind.TEXT, "marital_status"),
    "family_income": _profile("basic", Kind.MONEY, "family_income", read="money", unit=YUAN),
    "hobbies": _profile("basic", Kind.CODES, "hobbies", known.Hobby),
    "district": _profile("basic", Kind.TEXT, "district"),
    "relation": Field(
        "basic",
        Kind.HELD,
        gettext_lazy("Family on record"),
        "",
        "family",
        choices=known.Relation.choices,
    ),
    "household": Field("basic", Kind.FLAG, gettext_lazy("Lives with another client"), "household", "present"),
    "introduced": Field("basic", Kind.FLAG, gettext_lazy("Came by an introduction"), "introducer", "present"),
    # (b) buying behaviour
    "activity": _profile("buying", Kind.CHOICE, "activity", known.Activity),
    "price_sensitivity": _profile("buying", Kind.CHOICE, "price_sensitivity", known.PriceSensitivity),
    "risk_tolerance": _profile("buying", Kind.CHOICE, "risk_tolerance", known.RiskTolerance),
    "risk_valid_until": _profile("buying", Kind.DATE, "risk_valid_until"),
    "preferences": _profile("buying", Kind.CODES, "preferences", ProductCategory),
    "habits": _profile("buying", Kind.CODES, "habits", known.Habit),
    "experience": _profile("buying", Kind.CHOICE, "experience", known.Experience),
    # (c) account features
    "balance": _money(gettext_lazy("Monthly average, last month"), "latest__amount", least=LOSS),
    "point_amount": _money(
        gettext_lazy("Assets at the end of last month"), "latest__point_amount", least=LOSS
    ),
    "deposits": _money(gettext_lazy("Deposits, last month"), "latest__deposits", least=LOSS),
    "gained": _money(gettext_lazy("Monthly average against three months before"), "", least=LOSS),
    "held": Field(
        "account",
        Kind.HELD,
        pgettext_lazy("segment", "Holds"),
        "category",
        "held",
        choices=ProductCategory.choices,
    ),
    "held_risk": Field(
        "account",
        Kind.HELD,
        gettext_lazy("Holds products of the risk"),
        "risk",
        "held",
        choices=known.ProductRisk.choices,
    ),
    "kinds_held": Field(
        "account", Kind.NUMBER, gettext_lazy("Kinds of product held"), "", "kinds_held", most=20
    ),
    "matures": Field("account", Kind.DUE, gettext_lazy("A product falls due"), "matures_on", "contract_day"),
    "opened": Field("account", Kind.DUE, gettext_lazy("A product was bought"), "opened_on", "contract_day"),
    "overdue": Field("account", Kind.FLAG, gettext_lazy("Has an overdue loan"), "", "overdue"),
    "other_bank_assets": _profile("account", Kind.MONEY, "other_bank_assets", read="money", unit=YUAN),
    # (d) service needs
    "cares_most": _profile("service", Kind.CODES, "cares_most", known.Care),
    "cares_least": _profile("service", Kind.CODES, "cares_least", known.Care),
    "contact_channel": _profile("service", Kind.CHOICE, "contact_channel", known.ContactWay),
    "contact_hours": _profile("service", Kind.CHOICE, "contact_hours", known.ContactHours),
    "wants": _profile("service", Kind.TEXT, "wants"),
    "refuses": Field(
        "service",
        Kind.HELD,
        gettext_lazy("Does not want to be reached by"),
        "",
        "refuses",
        choices=known.ContactWay.choices,
    ),
    # manager and contact
    "owner": Field("care", Kind.ONE, pgettext_lazy("client", "Manager"), "owner", "owner", choices=managers),
    "last_contact": _client("care", Kind.DATE, "last_contact_at", stamp=True, never_is_old=True),
    "do_not_contact": Field("care", Kind.FLAG, gettext_lazy("Do not contact"), "do_not_contact", "flag"),
    "phone": Field("care", Kind.FLAG, gettext_lazy("Phone on record"), "phone_hash", "written"),
    "created": Field("care", Kind.DATE, gettext_lazy("Registered"), "created_at", stamp=True),
    # dates, events, consents
    "life_event": Field(
        "days",
        Kind.HELD,
        gettext_lazy("Life event within a year"),
        "",
        "life_event",
        choices=known.LifeEventKind.choices,
    ),
    "important_date": Field(
        "days",
        Kind.HELD,
        gettext_lazy("Day to remember on record"),
        "",
        "important_date",
        choices=known.DateKind.choices,
    ),
    "consent": Field(
        "days",
        Kind.HELD,
        gettext_lazy("Consent in force"),
        "",
        "consent",
        choices=known.ConsentPurpose.choices,
    ),
}


def offered(staff):
    """Fields `staff` may ask about."""
    return {key: field for key, field in FIELDS.items() if not field.needs or staff.has(field.needs)}


def shapes(staff, *, strict=True):
    """What the check needs; `strict`: codes must be on offer now (a definition that is written)."""
    return {key: _shape(field, staff, strict) for key, field in offered(staff).items()}


def _shape(field, staff, strict):
    dynamic = isinstance(field.choices, Callable)
    codes = None
    if field.choices is not None and (strict or not dynamic):
        codes = frozenset(str(code) for code, _label in field.options(staff))
    return Shape(field.kind, codes, field.least, field.most)


def grouped(staff):
    """[(group label, [(key, label)])] for the list of fields."""
    fields = offered(staff)
    return [
        (label, [(key, field.label) for key, field in fields.items() if field.group == group])
        for group, label in GROUPS.items()
    ]
