"""Everything that points to a person, found in the models themselves (B-21): what moves with a merge.

Tables of upper floors are covered the day they are made; `test_merge_map` proves it with a row in each.
A row that cannot move because the other person has its like is settled by one of two rules:

    STAYS      it stays with the record that was folded in; the row of the one who stays counts
    (others)   the merge is refused, and says which kind of record has to be settled first
"""

from dataclasses import dataclass
from typing import Any

import pghistory.models
from django.db import connection
from django.db.models import Exists, ManyToManyRel, OuterRef, UniqueConstraint
from django.utils.text import camel_case_to_spaces

from .merge_guard import BULK, FOLLOWS, NAMES_A_CLIENT
from .models import Client

#: What never moves: it speaks of the record as it was, not of the person.
KEPT = frozenset(
    {
        "clients.evaluation.client",  # results of a run; its sums must not change
        "clients.downgraderead.client",
        "clients.duplicate.one",
        "clients.duplicate.other",
        "clients.duplicate.winner",
        "clients.client.merged_into",  # a chain of merges is followed, not shortened
    }
)
#: What stays behind when the other has its like.
STAYS = frozenset(
    {
        "clients.archive.client",  # two files: the one in force goes on, the other is a closed volume
        "clients.profile.client",  # chosen field by field
        "clients.familymember.client",
        "clients.familymember.person",
        "clients.importantdate.client",
        "clients.consent.client",
        "clients.contactwish.client",
        "clients.monthlybalance.client",  # the balance under the customer number is the truth
        "clients.override.client",
        "followups.candidate.client",  # one on the list is enough; the other goes when the rules look next
    }
)


@dataclass(frozen=True)
class Pointer:
    """One foreign key to a person."""

    model: Any
    field: Any

    @property
    def name(self) -> str:
        return f"{self.model._meta.label_lower}.{self.field.name}"

    @property
    def moves(self) -> bool:
        return self.name not in KEPT

    @property
    def rows(self):
        return self.model._base_manager

    def of(self, client_id):
        return self.rows.filter(**{self.field.attname: client_id})

    def uniques(self):
        """(other columns, condition) of each rule by which two rows cannot both point to one person."""
        if self.field.unique:
            yield (), None
        for together in self.model._meta.unique_together:
            if self.field.name in together:
                yield tuple(name for name in together if name != self.field.name), None
        for rule in self.model._meta.constraints:
            if isinstance(rule, UniqueConstraint) and self.field.name in rule.fields:
                yield tuple(name for name in rule.fields if name != self.field.name), rule.condition

    def clashes(self, loser, winner):
        """Keys of the loser's rows which have their like at the winner."""
        found = set()
        for others, condition in self.uniques():
            mine, its = self.of(loser), self.of(winner)
            if condition is not None:
                mine, its = mine.filter(condition), its.filter(condition)
            same = {
                self.model._meta.get_field(name).attname: OuterRef(self.model._meta.get_field(name).attname)
                for name in others
            }
            found |= set(mine.filter(Exists(its.filter(**same))).values_list("pk", flat=True))
        return found


def pointers():
    """Every foreign key to a person but those of history tables, which say what was."""
    found = []
    for relation in Client._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or isinstance(relation, ManyToManyRel):
            continue
        model = relation.related_model
        if issubclass(model, pghistory.models.Event) or model._meta.proxy:
            continue
        found.append(Pointer(model, relation.field))
    return sorted(found, key=lambda pointer: pointer.name)


def moving():
    return [pointer for pointer in pointers() if pointer.moves]


def tied(one_id, other_id):
    """The kind of a record that holds both persons at once (a relative, an introducer), or None."""
    by_model = {}
    for pointer in moving():
        by_model.setdefault(pointer.model, []).append(pointer.field.attname)
    for model, columns in by_model.items():
        names = [*columns, "pk"] if model is Client else columns
        for first in names:
            for second in names:
                if (
                    first != second
                    and model._base_manager.filter(**{first: one_id, second: other_id}).exists()
                ):
                    return model
    return None


def counts(client_id):
    """What would move, in words of the models: [(plural, how many)], the most first."""
    return _worded((pointer.model, pointer.of(client_id).count()) for pointer in moving())


def moved(pair):
    """The same of a merge that was done, from its journal."""
    models = {pointer.model._meta.label_lower: pointer.model for pointer in moving()}
    steps = pair.steps.exclude(field="").values_list("model", "rows")
    return _worded((models[label], len(rows)) for label, rows in steps if label in models)


def _worded(found):
    """Sums by kind of record; what has no word of its own (lines of a log) follows unsaid."""
    sums = {}
    for model, number in found:
        meta = model._meta
        if number and meta.verbose_name != camel_case_to_spaces(meta.object_name):
            sums[meta.verbose_name_plural] = sums.get(meta.verbose_name_plural, 0) + number
    return sorted(sums.items(), key=lambda item: -item[1])


def unguarded():
    """Tables whose rows name a client and do not follow a merge by themselves; bulk tables aside."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.conrelid::regclass::text {NAMES_A_CLIENT} AND NOT {FOLLOWS}")
        return {name for (name,) in cursor.fetchall()} - set(BULK)
