"""Every change of every field of a client's archive: when, who, from what to what (C-05).

Read from the history tables, which triggers fill; personal values stay masked on both sides.
"""

import datetime
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rmflow.privacy import history_words
from rmflow.privacy.fields import EncryptedField
from rmflow.staff.models import User

from ..models import Client, Consent, ContactWish, FamilyMember, Household, ImportantDate, LifeEvent, Profile
from .groups import words
from .record import mask

#: Versions read of each table, the newest first.
MOST = 300
PAGE = 40
#: Columns that are derived from others, or keys.
SILENT = {
    *(
        "id",
        "client",
        "pinyin",
        "initials",
        "id_hash",
        "phone_hash",
        "phone_tail",
        "created_at",
        "created_by",
    ),
    *(
        "updated_at",
        "updated_by",
        "by",
        "at",
        "notice_at",
        "withdrawn_by",
        "last_contact_at",
        "unmanaged_since",
    ),
}
#: Model → whether its rows are the client's own (one) or many beside it.
MANY = (FamilyMember, ImportantDate, LifeEvent, Consent, ContactWish)
WHOLE_AMOUNTS = ("family_income", "other_bank_assets")


@dataclass(frozen=True)
class Change:
    """One field before and after, or one row added or removed."""

    at: datetime.datetime
    who: str
    what: str
    before: str
    after: str


def read(record, *, shown=PAGE):
    """(changes newest first, whether there are more)."""
    versions = [
        *_versions(Client, record, pgh_obj=record.client.pk),
        *_versions(Profile, record, client=record.client),
    ]
    for model in MANY:
        versions += _versions(model, record, client=record.client)
    names = _names(record, versions)
    found = [change for pair in _pairs(versions) for change in _changes(record, *pair, names)]
    found.sort(key=lambda change: change.at, reverse=True)
    return found[:shown], len(found) > shown


def _versions(model, record, **which):
    event = model._meta.get_field("history").related_model
    rows = event.objects.filter(**which).select_related("pgh_context").order_by("-pgh_id")[:MOST]
    return [(model, row) for row in rows]


def _pairs(versions):
    """(model, version before or None, version) for each version of each row."""
    of = {}
    for model, row in reversed(versions):
        of.setdefault((model, row.pgh_obj_id), []).append(row)
    for (model, _pk), rows in of.items():
        if rows[0].pgh_label == "insert":
            yield model, None, rows[0]
        for before, after in pairwise(rows):
            yield model, before, after


def _names(record, versions):
    """(model, key) → its name in the eyes of the reader: a query for each model that is pointed to."""
    ids = {User: {row.pgh_context.metadata.get("user") for _model, row in versions if row.pgh_context_id}}
    for model, row in versions:
        for field in model._meta.concrete_fields:
            if field.is_relation and field.name not in SILENT:
                ids.setdefault(field.related_model, set()).add(getattr(row, field.attname))
    return {
        (model, one.pk): _name(record, one)
        for model, keys in ids.items()
        for one in model._default_manager.filter(pk__in=keys - {None})
    }


def _name(record, one):
    """Staff, branches and tables by their names; persons as the reader may see them."""
    if isinstance(one, Client):
        return one.name_for(record.user)
    if isinstance(one, Household):
        return one.name if record.own else mask("name", one.name)
    return str(getattr(one, "name", one))


def _changes(record, model, before, after, names):
    who = _who(after, names)
    if model in MANY and (before is None or after.pgh_label == "delete"):
        gone = after.pgh_label == "delete"
        text = _row_words(record, model, after)
        what = str(model._meta.verbose_name)
        yield Change(after.pgh_created_at, who, what, text if gone else "", "" if gone else text)
        return
    for field in model._meta.concrete_fields:
        if field.name in SILENT:
            continue
        new = getattr(after, field.attname)
        old = getattr(before, field.attname) if before is not None else _nothing(field)
        if old != new:
            yield Change(
                after.pgh_created_at,
                who,
                history_words.name(field),
                _said(record, model, field, before, old, names),
                _said(record, model, field, after, new, names),
            )


def _nothing(field):
    default = field.get_default()
    return "" if default is None and field.empty_strings_allowed else default


def _who(row, names):
    told = row.pgh_context.metadata if row.pgh_context_id else {}
    return names.get((User, told.get("user"))) or _("System")


def _said(record, model, field, row, value, names):
    """A value in words, masked where the page masks it."""
    if value in (None, "", []):
        return ""
    if isinstance(field, EncryptedField):
        own = record.own and model is not Client and model is not Profile
        return str(value) if own else mask(field.name, value)
    if field.name == "name":
        return str(value) if record.own else mask("name", value)
    if field.name == "birth_date":
        return f"{value:%m-%d}" if record.own else "***"
    if field.name in WHOLE_AMOUNTS:
        return record.money(value)
    if field.is_relation:
        return names.get((field.related_model, value)) or f"#{value}"
    if row is None:  # before the first version: the column's own default
        return str(dict(field.choices or ()).get(value, value))
    return words(row, field.name)


def _row_words(record, model, row):
    """A row added or removed, in a few words."""
    if model is FamilyMember:
        return " ".join(filter(None, (words(row, "relation"), record.name_of(row), row.occupation)))
    if model is ImportantDate:
        return words(row, "kind")
    if model is Consent:
        return words(row, "purpose")
    if model is ContactWish:
        return (
            f"{words(row, 'channel')} {pgettext('answer', 'Yes') if row.wanted else pgettext('answer', 'No')}"
        )
    return words(row, "kind")
