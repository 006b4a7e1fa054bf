"""Workbooks: at once or by a worker, never cut short, one's own, kept for a day."""

import datetime
import io

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from clients import tasks
from clients.actions import exports as of_clients
from clients.actions import segments
from clients.models import Client
from rmflow.doors import sheets
from rmflow.doors.models import JobRun
from rmflow.privacy import exports
from rmflow.privacy.models import AccessEvent, Export
from rmflow.staff.models import RoleHolding
from tests.clients.conftest import person  # noqa: F401

ALL = {"groups": [{"conditions": [{"field": "phone", "op": "yes"}]}]}


@pytest.fixture
def segment(person, wealth):  # noqa: F811
    for _n in range(7):
        person(owner=wealth)
    return segments.save_segment(by=wealth, name="全部", conditions=ALL)


def lines(export):
    return list(load_workbook(io.BytesIO(bytes(export.file))).active.values)


@pytest.mark.django_db
def test_a_list_has_a_line_for_each_row_and_goes_on_on_the_next_sheet(monkeypatch):
    monkeypatch.setattr(sheets, "LONGEST", 3)
    done = []
    rows = ([f"=A{n}", n] for n in range(7))
    book = load_workbook(io.BytesIO(sheets.of_list("名单", "某人", ["甲", "乙"], rows, progress=done.append)))
    assert book.sheetnames == ["名单", "名单 2", "名单 3"]
    assert [page.max_row - 2 for page in book] == [3, 3, 1]
    assert [page["B3"].value for page in book] == [0, 3, 6]
    assert all(page["A1"].value == "某人" and page["A3"].value.startswith("'=") for page in book)
    assert done == list(range(1, 8))


def test_a_list_without_rows_still_has_its_heads():
    page = load_workbook(io.BytesIO(sheets.of_list("名单", "某人", ["甲"], []))).active
    assert [row[0] for row in page.values] == ["某人", "甲"]


@pytest.mark.django_db
def test_a_long_list_waits_for_a_worker_and_shows_how_far_it_is(client, segment, wealth, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 3)
    client.force_login(wealth)
    address = client.post(f"/clients/segments/{segment.pk}/export/").url
    export = Export.objects.get()
    assert (address, export.state, export.rows) == (f"/privacy/exports/{export.pk}/", "waiting", 7)
    assert client.get(address).context["percent"] == 0
    assert client.get(f"{address}file/").status_code == 404
    tasks.export_segment(export.pk)
    export.refresh_from_db()
    assert (export.state, export.done, len(lines(export))) == ("ready", 7, 2 + 7)
    assert client.get(f"{address}file/")["Cache-Control"] == "no-store"
    assert AccessEvent.objects.get(kind="export").rows == 7


@pytest.mark.django_db
def test_the_file_is_asked_with_the_rights_one_has_when_it_is_made(segment, wealth, colleague, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 3)
    export = of_clients.of_segment(segment.pk, by=wealth)
    Client.objects.update(owner=colleague)
    RoleHolding.objects.filter(user=wealth).delete()
    tasks.export_segment(export.pk)
    export.refresh_from_db()
    assert (export.state, len(lines(export))) == ("ready", 2), (
        "the heads, and no client one may not see any more"
    )


@pytest.mark.django_db(transaction=True)
def test_a_worker_makes_what_was_asked_for_while_the_broker_was_away(
    segment, wealth, new_worker, eventually, monkeypatch
):
    monkeypatch.setattr(exports, "AT_ONCE", 3)
    monkeypatch.setattr(exports, "kick", lambda *_of: None)
    export = of_clients.of_segment(segment.pk, by=wealth)
    Export.objects.update(at=timezone.now() - datetime.timedelta(minutes=3))
    new_worker()
    from rmflow.privacy.tasks import send_exports_again

    send_exports_again.delay()
    eventually(lambda: Export.objects.get().state == "ready")
    export.refresh_from_db()
    assert len(lines(export)) == 2 + 7
    assert JobRun.objects.get(name="send exports again").did == {"exports": 1}


@pytest.mark.django_db
def test_old_workbooks_are_forgotten_and_fresh_ones_are_not_sent_again(segment, wealth):
    kept = of_clients.of_segment(segment.pk, by=wealth)
    old = of_clients.of_segment(segment.pk, by=wealth)
    Export.objects.filter(pk=old.pk).update(at=timezone.now() - datetime.timedelta(days=1, minutes=1))
    assert (exports.send_again(), exports.forget_old()) == (0, 1)
    assert Export.objects.get() == kept
