"""Many rows by one statement of arrays, equal to what the ORM writes."""

import json

import pytest
from django.db import DataError
from django.utils import timezone

from rmflow.doors.mass import insert_many
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
