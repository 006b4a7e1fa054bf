"""The change history as the auditor reads it: who changed which fields of which record, and when.

Triggers fill one table beside each tracked one. Read here are names of fields; values only of those in
`OPEN`, which say nothing about a client: states, days, branches and staff.
"""

import datetime
from dataclasses import dataclass
from functools import cache

import pghistory.models
from django.apps import apps
from django.db.models import OuterRef, Subquery
from django.utils.translation import pgettext

from rmflow.staff.models import BANK_TIME, Branch, User
from rmflow.staff.permissions import Permission, scope

from . import history_words

#: The kind a visit begins with: who holds which role.
FIRST = "staff.roleholding"
PAGE = 25
#: Days that one question may span; a record's own number leads to all of its history.
MOST_DAYS = 92
OPEN = frozenset(
    {
        *("status", "state", "reception", "is_active", "active", "role"),
        *(
            "branch",
            "home_branch",
            "owner",
            "backup",
            "manager",
            "handler",
            "user",
            "granted_by",
            "reviewed_by",
        ),
        *(
            "valid_from",
            "valid_to",
            "due_on",
            "plan_on",
            "must_by",
            "keep_until",
            "published_at",
            "review_on",
        ),
    }
)
SILENT = frozenset({"pinyin", "initials", "id_hash", "phone_hash", "phone_tail"})  # follow from another field


@dataclass(frozen=True)
class Part:
    """One changed field; `before` and `after` only where everybody may know them."""

    field: str
    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Change:
    """One row of the history, with what tells it from the version before it."""

    pk: int
    at: datetime.datetime
    what: str
    record: str
    who: str
    occasion: str
    parts: tuple[Part, ...] = ()
    first_kept: bool = False


@cache
def kinds():
    """{label of a tracked model: its table of versions}."""
    events = [model for model in apps.get_models() if issubclass(model, pghistory.models.Event)]
    return {m.pgh_tracked_model._meta.label_lower: m for m in events if getattr(m, "pgh_tracked_model", None)}


def choices():
    """The kinds of records by their names."""
    named = [(kind, str(apps.get_model(kind)._meta.verbose_name)) for kind in kinds()]
    return sorted(named, key=lambda pair: pair[0])


def rows(staff, kind):
    """Versions of one kind, the newest first. Auditors reach the whole bank, and so does the history."""
    versions = kinds()[kind].objects
    if not scope(staff, Permission.AUDIT).everywhere:
        return versions.none()
    return versions.select_related("pgh_context").order_by("-pgh_id")


def between(found, first, last):
    """`found` of these days in the bank's time."""
    midnight = datetime.datetime.combine(first, datetime.time(), tzinfo=BANK_TIME)
    end = datetime.datetime.combine(last, datetime.time(), tzinfo=BANK_TIME) + datetime.timedelta(days=1)
    return found.filter(pgh_created_at__gte=midnight, pgh_created_at__lt=end)


def page(found, kind, *, before=None):
    """(changes, number to go on from or None): one page, by a fixed count of questions."""
    if before:
        found = found.filter(pgh_id__lt=before)
    versions = list(found[: PAGE + 1])
    more, versions = len(versions) > PAGE, versions[:PAGE]
    older = _older(kinds()[kind], versions)
    words = _Words(kind, versions, older.values())
    changes = [words.change(version, older.get(version.pgh_id)) for version in versions]
    return changes, versions[-1].pgh_id if more else None


def _older(model, versions):
    """{number of a version: the version of the same record before it}."""
    ids = [version.pgh_id for version in versions if version.pgh_label == "update"]
    same = model.objects.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
    latest = Subquery(same.order_by("-pgh_id").values("pgh_id")[:1])
    pairs = dict(model.objects.filter(pgh_id__in=ids).annotate(latest=latest).values_list("pgh_id", "latest"))
    found = model.objects.in_bulk([pk for pk in pairs.values() if pk])
    return {pk: found[latest] for pk, latest in pairs.items() if latest in found}


class _Words:
    """Names of the fields, staff and branches on one page."""

    def __init__(self, kind, versions, older):
        self.fields = [f for f in apps.get_model(kind)._meta.concrete_fields if f.name not in SILENT]
        tracked = {f.name for f in kinds()[kind]._meta.concrete_fields}
        self.fields = [f for f in self.fields if f.name in tracked and not f.primary_key]
        staff = {self._actor(version) for version in versions}
        branches = set()
        for field in self.fields:
            if field.name in OPEN and field.is_relation:
                seen = {getattr(version, field.attname) for version in (*versions, *older)}
                (branches if field.related_model is Branch else staff).update(seen)
        people = User.objects.filter(pk__in=staff - {None}).values_list("pk", "employee_no", "name")
        self.staff = {pk: f"{number} {name}" for pk, number, name in people}
        found = Branch.objects.filter(pk__in=branches - {None}).values_list("pk", "code", "name")
        self.branches = {pk: f"{code} {name}" for pk, code, name in found}

    def change(self, version, older):
        told = _told(version)
        actor = self._actor(version)
        updated = version.pgh_label == "update"
        return Change(
            pk=version.pgh_id,
            at=version.pgh_created_at,
            what=version.pgh_label,
            record=str(version.pgh_obj_id),
            who=self.staff.get(actor) or (f"#{actor}" if actor else ""),
            occasion=str(
                told.get("url") or told.get("job") or told.get("command") or told.get("action") or ""
            ),
            parts=tuple(self._parts(version, older) if updated else self._whole(version)),
            first_kept=updated and older is None,
        )

    def _whole(self, version):
        """A new or deleted record: what of it everybody may know."""
        for field in self.fields:
            if field.name in OPEN and (value := getattr(version, field.attname)) not in (None, ""):
                gone = version.pgh_label == "delete"
                said = self._said(field, value)
                yield Part(field.name, history_words.name(field), said if gone else "", "" if gone else said)

    def _parts(self, version, older):
        """What an update changed; nothing where no version before it is kept."""
        for field in self.fields if older else ():
            old, new = getattr(older, field.attname), getattr(version, field.attname)
            if old != new:
                shown = (self._said(field, old), self._said(field, new)) if field.name in OPEN else ()
                yield Part(field.name, history_words.name(field), *shown)

    def _said(self, field, value):
        if value in (None, ""):
            return "—"
        if field.is_relation:
            return (self.branches if field.related_model is Branch else self.staff).get(value) or f"#{value}"
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(value, bool):
            return pgettext("answer", "Yes") if value else pgettext("answer", "No")
        if isinstance(value, datetime.datetime):
            value = value.astimezone(BANK_TIME)
            return f"{value:%Y-%m-%d %H:%M}"
        return f"{value:%Y-%m-%d}" if isinstance(value, datetime.date) else str(value)

    @staticmethod
    def _actor(version):
        told = _told(version)
        actor = told.get("user") or told.get("signed_by")
        return actor if isinstance(actor, int) else None


def _told(version):
    """What the history's triggers were told of the occasion."""
    return version.pgh_context.metadata if version.pgh_context_id else {}
