"""The change history stays linear for statements of many rows (decision 0041)."""

import pghistory
import pytest
from django.db import connection

from rmflow.staff.models import Branch

pytestmark = pytest.mark.django_db


def _one(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_no_history_trigger_has_an_error_to_catch():
    assert _one("SELECT current_setting('pgtrigger.ignore', true)") == "{}"
    assert "EXCEPTION" not in _one("SELECT prosrc FROM pg_proc WHERE proname = '_pgh_attach_context'")


def test_a_change_carries_its_context():
    with pghistory.context(user=7, action="test"):
        branch = Branch.objects.create(code="9901", name="测试支行")
        branch.name = "测试二支行"
        branch.save()
    contexts = {event.pgh_context_id for event in branch.events.all()}
    assert len(contexts) == 1
    assert branch.events.first().pgh_context.metadata["action"] == "test"


def test_a_change_outside_a_context_is_kept_too():
    branch = Branch.objects.create(code="9902", name="测试支行")
    assert branch.events.get().pgh_context is None
