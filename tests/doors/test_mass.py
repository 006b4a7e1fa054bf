"""Many rows by one statement of arrays, equal to what the ORM writes."""

import json

import pytest
from django.db import DataError, connection
from django.utils import timezone

from rmflow.doors.mass import array, insert_many
from rmflow.notices.models import Notice

pytestmark = pytest.mark.django_db


def columns(wealth, head, **more):
    return {
        "recipient_id": [wealth.pk, head.pk],
        "key": ["a'%s", "b\\"],
        "params": [json.dumps({"n": 1}), json.dumps({"word": "刘女士"})],
        "link": ["/a/", ""],
        "kind": "test",
        "text": "x",
        **more,
    }


def test_rows_are_those_the_orm_writes(wealth, head):
    now = timezone.now()
    assert insert_many(Notice, columns(wealth, head, created_at=now)) == 2
    written = list(Notice.objects.order_by("key").values())
    Notice.objects.all().delete()
    common = {"kind": "test", "text": "x", "created_at": now}
    Notice.objects.bulk_create(
        [
            Notice(recipient=wealth, key="a'%s", params={"n": 1}, link="/a/", **common),
            Notice(recipient=head, key="b\\", params={"word": "刘女士"}, link="", **common),
        ]
    )
    again = list(Notice.objects.order_by("key").values())
    for row in (*written, *again):
        del row["id"]
    assert written == again


def test_one_that_is_there_stays_when_it_may(wealth, head):
    insert_many(Notice, columns(wealth, head))
    assert insert_many(Notice, columns(wealth, head), ignore_conflicts=True) == 0
    assert Notice.objects.count() == 2


def test_what_is_too_long_is_refused_by_the_column(wealth, head):
    with pytest.raises(DataError):
        insert_many(Notice, columns(wealth, head, link=["/" * 301, ""]))


def test_new_rows_are_told_when_asked_for(wealth, head):
    insert_many(
        Notice, columns(wealth, head, recipient_id=[wealth.pk], key=["a'%s"], params=["{}"], link=[""])
    )
    made = insert_many(Notice, columns(wealth, head), ignore_conflicts=True, returning=("id", "recipient_id"))
    assert made == [(Notice.objects.get(recipient=head).pk, head.pk)]


@pytest.mark.parametrize(
    "words",
    [[], [""], ["", ""], ['a"b', "c\\", "{d,e}"], ["NULL", " f ", "%s", "'"], ["刘\n女士", "\t", "\x1f\\"]],
)
def test_an_array_comes_back_as_it_was(words):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [array(words)])
        assert cursor.fetchone()[0] == words


def test_an_array_of_numbers_and_moments_is_read_by_its_type():
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::bigint[], %s::timestamptz[]", [array([1, -2]), array([now])])
        assert cursor.fetchone() == ([1, -2], [now])


@pytest.mark.parametrize("words", [["a\0b"], ["a", "\0"]])
def test_an_array_refuses_what_no_text_may_hold(words):
    with pytest.raises(ValueError, match="NUL"):
        array(words)


@pytest.mark.parametrize("value", [None, b"x"])
def test_an_array_refuses_what_has_no_words(value):
    with pytest.raises(TypeError, match="cannot carry"):
        array(["a", value])
