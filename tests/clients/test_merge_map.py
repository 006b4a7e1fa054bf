"""Every table that points to a person follows a merge: a row in each, found in the models themselves.

A foreign key made tomorrow, on whatever floor, is tried here without being named.
"""

import datetime
import itertools
import uuid

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import timezone

from clients import merge_map
from clients.actions import merges
from clients.models import Client, Duplicate
from rmflow.workdays import freeze
from rmflow.workflow import Refused

pytestmark = pytest.mark.django_db
SERIAL = itertools.count(900_000)


@pytest.fixture
def two(person):
    """Two records and their pair, as a merge in its last step has them."""
    winner, loser = person("陈美华", customer_no="C1"), person("陈美华")
    pair = Duplicate.objects.create(
        one=winner, other=loser, branch_of_one=winner.branch, branch_of_other=loser.branch
    )
    return winner, loser, pair


#: What a column of a kind takes; the first kind that fits.
PLAIN = (
    (ArrayField, lambda _field: []),
    (models.JSONField, lambda _field: {}),
    (models.BooleanField, lambda _field: False),
    (models.DateTimeField, lambda _field: timezone.now()),
    (models.DateField, lambda _field: datetime.date(2026, 1, 1)),
    (models.TimeField, lambda _field: datetime.time(9)),
    ((models.IntegerField, models.DecimalField), lambda field: next(SERIAL) if field.unique else 1),
    (models.UUIDField, lambda _field: uuid.uuid4()),
    (models.BinaryField, lambda _field: b"x"),
    (models.Field, lambda field: str(next(SERIAL)) if field.unique else "x"[: field.max_length or 1]),
)


def value(field):
    """Something the column takes; whether it makes sense is not asked."""
    if isinstance(field, models.ForeignKey):
        first = field.related_model._base_manager.order_by("pk").values_list("pk", flat=True).first()
        return next(SERIAL) if field.unique or first is None else first
    return next(make(field) for kind, make in PLAIN if isinstance(field, kind))


def bare(table):
    """Take off what judges a row's sense, inside this transaction: rules, triggers, other keys."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the end of the test is judged now
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'f', 'x')",
            [table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def row_of(pointer, client_id):
    """A row of the pointer's table with its other columns filled by type."""
    fields = {}
    for field in pointer.model._meta.concrete_fields:
        known = field.has_default() or field.null or field.db_default is not models.NOT_PROVIDED
        if field is pointer.field:
            fields[field.attname] = client_id
        elif not (known or isinstance(field, models.AutoField) or field.generated):
            fields[field.attname] = value(field)
    row = pointer.model(**fields)
    pointer.rows.bulk_create([row])
    return row


@pytest.mark.parametrize("pointer", merge_map.moving(), ids=lambda pointer: pointer.name)
def test_every_row_that_points_to_a_person_moves(pointer, two):
    winner, loser, pair = two
    if pointer.model is not Client:
        bare(pointer.model._meta.db_table)
        row_of(pointer, loser.pk)
    else:
        Client.objects.create(branch=winner.branch, name="吴", **{pointer.field.attname: loser.pk})
    before = pointer.of(loser.pk).count()
    with freeze.passing("merge"):
        merges.move(pair, loser.pk, winner.pk)
    assert before == 1
    assert not pointer.of(loser.pk).exists()
    assert pointer.of(winner.pk).count() == 1
    assert pair.steps.filter(model=pointer.model._meta.label_lower, field=pointer.field.name).exists()


@pytest.mark.parametrize(
    "pointer", [p for p in merge_map.moving() if list(p.uniques())], ids=lambda pointer: pointer.name
)
def test_a_row_whose_like_the_other_has_stays_by_a_stated_rule_or_refuses(pointer, two):
    winner, loser, pair = two
    bare(pointer.model._meta.db_table)
    rules = [others for others, condition in pointer.uniques() if condition is None]
    if not rules:
        return  # under a condition: test_merges has each of them by name
    row = row_of(pointer, loser.pk)
    like = {pointer.model._meta.get_field(name).attname: getattr(row, pointer.model._meta.get_field(name).attname)
            for name in rules[0]}  # fmt: skip
    twin = row_of(pointer, winner.pk)
    pointer.of(winner.pk).update(**like) if like else None
    assert twin
    if pointer.name in merge_map.STAYS:
        merges.move(pair, loser.pk, winner.pk)
        assert pointer.of(loser.pk).count() == pointer.of(winner.pk).count() == 1
    else:
        with pytest.raises(Refused, match="settle one of them first"):
            merges.move(pair, loser.pk, winner.pk)


def test_every_rule_that_keeps_two_rows_apart_can_be_asked_beforehand():
    """Rules by expression or range, and rules over the person's columns, are beyond `clashes`."""
    beyond = []
    for pointer in merge_map.moving():
        for rule in pointer.model._meta.constraints:
            if isinstance(rule, models.UniqueConstraint) and rule.expressions:
                beyond.append(rule.name)
    assert not beyond


def test_the_rules_name_pointers_that_exist():
    names = {pointer.name for pointer in merge_map.pointers()}
    assert names >= merge_map.KEPT | merge_map.STAYS
    assert {"clients.timelineentry.client", "followups.contact.client", "referrals.referral.client"} <= names


def test_every_column_of_a_person_has_its_rule():
    """A column made tomorrow is emptied on the folded record, or left on purpose."""
    columns = {field.attname for field in Client._meta.concrete_fields}
    assert columns == {*merges.EMPTY, *merges.UNTOUCHED, "merged_into_id"}


def test_history_is_not_rewritten():
    events = {model for model in apps.get_models() if model.__name__.endswith("History")}
    assert events
    assert not events & {pointer.model for pointer in merge_map.pointers()}


def test_tables_that_name_a_client_follow_a_merge_by_themselves():
    """After a new table: a migration with `SELECT clients_guard_merges()`; until then the job gathers its rows."""
    ours = {"referrals_referral", "followups_followup", "followups_planitem", "clients_timelineentry"}
    assert not ours & merge_map.unguarded()
