"""Rows put together are written once, at the end, or not at all."""

import pghistory
import pytest
from django.db import transaction
from django.utils import timezone

from rmflow.doors.models import JobRun
from rmflow.doors.together import made, put, together
from rmflow.notices.models import Notice
from rmflow.staff.models import Branch
from rmflow.workflow import Refused


def run(name):
    return JobRun(name=name, started_at=timezone.now(), did={"a": [1, "x'; DROP"]})


def test_a_row_alone_is_written_at_once(db):
    put(run("alone"))
    assert JobRun.objects.get().did == {"a": [1, "x'; DROP"]}


def test_rows_together_take_one_statement_at_the_end(db, django_assert_num_queries):
    with django_assert_num_queries(1), together():
        put(run("one"))
        with together():
            put(run("two"))
    assert {job.name: job.did for job in JobRun.objects.all()} == {
        "one": {"a": [1, "x'; DROP"]},
        "two": {"a": [1, "x'; DROP"]},
    }


def test_a_refusal_drops_what_was_kept(db):
    with pytest.raises(Refused), transaction.atomic(), together():
        put(run("one"))
        raise Refused("no")
    with together():
        put(run("two"))
    assert [job.name for job in JobRun.objects.all()] == ["two"]


def test_new_only_leaves_out_what_is_there(wealth):
    def notice(text):
        return Notice(recipient=wealth, kind="test", text=text, key="same", link="")

    put(notice("first"), new_only=True)
    put(notice("second"), new_only=True)
    with together():
        put(notice("third"), new_only=True)
    assert [row.text for row in Notice.objects.all()] == ["first"]


def test_a_row_with_history_takes_who_and_why_along(db):
    with pghistory.context(user=7, url="/desk/file/"):
        branch = made(Branch(code="9903", name="测试三支行", kind="branch"))
    event = branch.events.get()
    assert (event.pgh_label, event.pgh_context.metadata["user"]) == ("insert", 7)
    assert Branch.objects.get(code="9903") == branch
