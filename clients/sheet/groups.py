"""优质客户信息记录表: the four feature groups and the keeper's part, line by line in the order of the form
(domain-rules §1.5). The page's tabs and the print are made of the same lines."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from rmflow.privacy import masks
from rmflow.workdays import clock

from .. import completeness, rules
from ..dates import day_words, lunar_of
from ..models import Client, Profile
from ..profile_rules import SERVICES, Secrecy
from ..rules import ClientType, Level, ProductCategory
from ..scoring.names import tier_names
from .record import PERSONAL, SECRET, Record, mask

Kind = ProductCategory


@dataclass(frozen=True)
class Line:
    """One line; `field` names what may be revealed for a purpose."""

    label: object
    value: str
    field: str = ""
    may_show: bool = False


def label(name):
    """The words of a field of person or profile."""
    model = Profile if name in {f.name for f in Profile._meta.get_fields()} else Client
    return model._meta.get_field(name).verbose_name


def answer(value):
    return pgettext("answer", "Yes") if value else pgettext("answer", "No")


def words(row, name):
    """A field of codes as words, a list of codes as a list of words."""
    value, field = getattr(row, name), row._meta.get_field(name)
    if isinstance(value, list):
        known = dict(field.base_field.choices)
        return _(", ").join(str(known.get(code, code)) for code in value)
    if isinstance(value, bool):
        return answer(value)
    if field.choices:
        return str(dict(field.choices).get(value, value)) if value else ""
    return "" if value is None else str(value)


def plain(record, *names):
    return [Line(label(name), words(record.profile, name)) for name in names]


def personal(record, name):
    """A masked line of the person or the profile, with its door to a reveal."""
    row = record.profile if name in SECRET else record.client
    value = getattr(row, name)
    shown = mask(name, value)
    if name == "birth_date":
        shown = masks.mask_birthday(value, today=record.today, owner=record.own)
    return Line(label(name), shown, name, bool(value) and record.may_show)


def basic(record):
    """(a) 基本特征."""
    client, profile = record.client, record.profile
    born = client.birth_date
    return [
        Line(label("name"), client.name_for(record.user)),
        Line(_("Sex"), _sex(client)),
        personal(record, "birth_date"),
        Line(_("Birthday kept"), _birthday(record)),
        Line(_("Age"), str(rules.age(born, today=record.today)) if born else ""),
        Line(label("id_kind"), client.get_id_kind_display() if client.id_kind else ""),
        personal(record, "id_number"),
        *plain(record, "nationality"),
        Line(label("marital_status"), client.marital_status),
        Line(label("occupation"), client.occupation),
        *plain(record, "job_class", "employer", "job_title", "social_role"),
        Line(label("education"), client.education),
        *(personal(record, name) for name in ("phone", "landline", "email", "wechat")),
        Line(label("district"), profile.district),
        personal(record, "address"),
        personal(record, "mailing_address"),
        *plain(record, "contact_hours", "contact_channel"),
        Line(_("Family members"), _family(record)),
        Line(label("family_income"), record.money(profile.family_income)),
        *plain(record, "hobbies"),
        Line(_("Important dates"), _dates(record)),
        Line(_("Introduced by"), _introducer(record)),
    ]


def _sex(client):
    return {"madam": pgettext("sex", "female"), "sir": pgettext("sex", "male")}.get(client.salutation, "")


def _birthday(record):
    """The day one congratulates on: a stored day, or the date of birth by the calendar that is kept."""
    day = birthday(record)
    if day is None or not record.own:
        return pgettext("birthday", "lunar") if record.profile.is_lunar_birthday else ""
    return day_words(day[0], day[1], lunar=day[2])


def birthday(record):
    """(month, day, lunar) of the client's birthday, None when unknown."""
    kept = next((row for row in record.dates if row.kind == "birthday"), None)
    if kept:
        return kept.month, kept.day, kept.lunar
    born = record.client.birth_date
    if born is None:
        return None
    if record.profile.is_lunar_birthday:
        return (*lunar_of(born), True)
    return born.month, born.day, False


def _family(record):
    return _("; ").join(
        " ".join(filter(None, (member.get_relation_display(), record.name_of(member), member.occupation)))
        for member in record.family
    )


def _dates(record):
    if not record.own:
        return _("{n} on record").format(n=len(record.dates)) if record.dates else ""
    return _("; ").join(
        f"{row.label or row.get_kind_display()} {day_words(row.month, row.day, lunar=row.lunar)}"
        for row in record.dates
    )


def _introducer(record):
    return record.client.introducer.name_for(record.user) if record.client.introducer_id else ""


def buying(record):
    """(b) 购买行为."""
    return plain(
        record,
        *("activity", "price_sensitivity", "risk_tolerance", "risk_assessed_on", "risk_valid_until"),
        *("preferences", "habits", "experience"),
    )


def account(record):
    """(c) 账户特征."""
    last = record.balances[0] if record.balances else None
    money = record.money
    return [
        Line(_("Monthly average"), money(last.amount) if last else ""),
        Line(_("At the end of the month"), money(last.point_amount) if last else ""),
        Line(_("Demand deposits"), money(_deposits(record, term=False))),
        Line(_("Term deposits"), money(_deposits(record, term=True))),
        *(
            Line(kind.label, money(record.total(kind)))
            for kind in (Kind.WEALTH, Kind.FUND, Kind.INSURANCE, Kind.BOND, Kind.METAL)
        ),
        Line(Kind.CUSTODY.label, _held(record, Kind.CUSTODY)),
        Line(_("Loans"), _loans(record)),
        Line(_("Services"), _services(record)),
        Line(_("Kinds of product held"), str(len({row.product.category for row in record.holdings}) or "")),
        Line(_("Assets at other banks"), _elsewhere(record)),
        Line(_("Share of wallet"), share_of_wallet(record)),
    ]


def _deposits(record, *, term):
    """Demand deposits have no term."""
    rows = [
        row.amount
        for row in record.holdings
        if row.product.category in (Kind.DEPOSIT, Kind.CERTIFICATE)
        and bool(row.matures_on or row.product.tenor_days) is term
    ]
    return sum(rows, Decimal(0)) if rows else None


def _held(record, kind):
    return _("Yes") if any(row.product.category == kind for row in record.holdings) else ""


def _loans(record):
    return _("; ").join(
        f"{row.product.name} {record.money(row.amount)}"
        + (" " + _("{n} days overdue").format(n=row.overdue_days) if row.overdue_days else "")
        for row in record.holdings
        if row.product.category == Kind.LOAN
    )


def _services(record):
    kinds = dict.fromkeys(row.product.category for row in record.holdings if row.product.category in SERVICES)
    return _(", ").join(str(Kind(kind).label) for kind in kinds)


def _elsewhere(record):
    profile = record.profile
    parts = (profile.other_bank, record.money(profile.other_bank_assets), profile.wallet_note)
    return " ".join(filter(None, parts))


def share_of_wallet(record):
    """What stands here of what stands anywhere; "" while one side is unknown."""
    elsewhere = record.profile.other_bank_assets
    if elsewhere is None or not record.balances or not record.own:
        return ""
    ours = max(record.balances[0].amount, Decimal(0))
    return f"{100 * ours / (ours + elsewhere):.0f}%" if ours + elsewhere else ""


def needs(record):
    """(d) 服务需求."""
    return plain(record, "wants", "cares_most", "cares_least")


def admin(record):
    """管理栏: what the keeper of the file writes."""
    client, archive = record.client, getattr(record.client, "archive", None)
    opened = _by_and_day(archive) if archive else ""
    return [
        Line(label("customer_no"), client.customer_no or ""),
        Line(_("File number"), archive.file_no if archive else ""),
        Line(_("Type of client"), str(ClientType(client.type).label)),
        Line(_("Core or regular"), str(Level(client.level).label) if client.level else ""),
        Line(_("Score and day of the evaluation"), _score(record)),
        Line(_("Tier"), tier_names().get(client.tier, client.tier)),
        Line(_("Manager"), client.owner.name if client.owner_id else ""),
        Line(_("Backup manager"), client.backup.name if client.backup_id else ""),
        Line(_("File opened by"), opened),
        Line(_("Last changed"), _changed(record)),
        Line(_("Notice and basis"), _notice(client)),
        Line(_("Consents"), _consents(record)),
        Line(
            _("Not to be contacted for sales"),
            pgettext("answer", "Yes") if client.do_not_contact else pgettext("answer", "No"),
        ),
        Line(_("Secrecy"), str(Secrecy(record.profile.secrecy).label)),
        Line(_("Completeness"), f"{complete(record).percent}%"),
    ]


def _by_and_day(archive):
    by = archive.opened_by.name if archive.opened_by_id else ""
    return f"{by} {_day(archive.opened_at)}".strip()


def _day(at):
    return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d}"


def _score(record):
    """The total and the day from which it holds."""
    result = record.evaluation
    if result is None or result.total is None:
        return ""
    return _("{n} points, {day}").format(n=result.total, day=f"{result.run.effective_on:%Y-%m-%d}")


def _changed(record):
    profile = record.profile
    if profile._state.adding:
        return ""
    return " ".join(
        filter(None, (profile.updated_by.name if profile.updated_by_id else "", _day(profile.updated_at)))
    )


def _notice(client):
    if not client.notice_version:
        return ""
    return f"{client.notice_version} · {client.get_notice_basis_display()} · {_day(client.notice_at)}"


def _consents(record):
    return _("; ").join(
        f"{row.get_purpose_display()} {_day(row.given_at)}" for row in record.consents if not row.withdrawn_at
    )


def complete(record):
    """The record's completeness (B-18)."""
    known = completeness.known_of(
        record.client,
        getattr(record.client, "profile", None),
        family=len(record.family),
        dates=len(record.dates),
        consents=record.in_force,
        today=record.today,
    )
    return completeness.score(known)


#: The numbering of the groups on the form; the keeper's part has none.
LETTERS = (
    pgettext_lazy("form group", "(a)"),
    pgettext_lazy("form group", "(b)"),
    pgettext_lazy("form group", "(c)"),
    pgettext_lazy("form group", "(d)"),
    "",
)
#: Part → (title, its lines); the order is that of the form.
GROUPS = {
    "basic": (gettext_lazy("Basic features"), basic),
    "buying": (gettext_lazy("Buying behaviour"), buying),
    "account": (gettext_lazy("Account features"), account),
    "needs": (gettext_lazy("Service needs"), needs),
    "admin": (gettext_lazy("Keeping of the file"), admin),
}
__all__ = ["GROUPS", "PERSONAL", "Line", "Record", "complete"]
