"""Complaint files past their time: list, two approvals, witness; what goes and what stays (B-13)."""

import datetime
import os
import time

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.actions import destruction, holds
from clients.models import Destruction
from complaints.actions import complaint_destroy as destroy
from complaints.actions import complaint_files as files
from complaints.actions import complaint_hold, complaint_take
from complaints.actions import complaint_work as work
from complaints.models import Complaint, ComplaintEvent, ComplaintListing
from complaints.stats import complaint as stats
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused
from tests.race import together

from .conftest import fresh, intake

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n%\xe2\xe3\n1 0 obj"
WORDS = "说明赎回款为何晚一天到账"


@pytest.fixture
def ended(lobby, head):
    """A function: a complaint of six years ago, closed, with a file; kept until last year."""

    def make(by=None, **fields):
        with time_machine.travel(datetime.datetime.now(tz=clock.SHANGHAI) - datetime.timedelta(days=6 * 366)):
            made = complaint_take.take(intake(**fields), by=by or lobby)
            name = f"{made.number}.pdf"
            files.attach(
                made.pk, by=by or lobby, name=name, file=SimpleUploadedFile(name, PDF + name.encode())
            )
            Complaint.objects.filter(pk=made.pk).update(
                status="closed", over_at=clock.now(), replied_at=clock.now(), replied_by=lobby,
                reply_way="phone", archive_no=f"0817-{made.number}",
                keep_until=clock.today() + datetime.timedelta(days=5 * 365),
            )  # fmt: skip
            complaint_hold.release(made, by=by or lobby)
        return fresh(made)

    return make


@pytest.fixture
def underway(ended, archivist, supervisor, head, wealth, branches):
    """A function: a list with these files, or one new one, that waits for its witness."""

    def make(*rows):
        rows = rows or (ended(),)
        ids = [row.pk for row in rows]
        batch = destroy.propose(branches["first"], by=archivist, complaint_ids=ids, reason="保管期满")
        destruction.approve(batch.pk, by=supervisor)
        destruction.order(batch.pk, by=head)
        return destruction.begin(batch.pk, by=archivist, witness_id=wealth.pk, method="碎纸")

    return make


def path_of(attachment):
    return settings.COMPLAINT_FILES / attachment.stored_as[:2] / attachment.stored_as


class TestDue:
    def test_only_what_has_ended_and_is_past_its_day_is_due_in_one_s_own_branch(
        self, ended, lobby, other_lobby, archivist
    ):
        mine = ended()
        complaint_take.take(intake(), by=lobby)
        there = ended(by=other_lobby)
        kept = ended()
        Complaint.objects.filter(pk=kept.pk).update(keep_until=clock.today())
        assert list(destroy.due(archivist, clock.today())) == [mine]
        assert there.branch != mine.branch

    def test_a_hold_on_the_client_and_a_recusal_keep_it_off(
        self, ended, premium, archivist, supervisor, teller
    ):
        held = ended(client_id=premium.pk)
        ended(by=teller, named=[archivist.pk])
        assert list(destroy.due(archivist, clock.today())) == [held]
        holds.place_hold(premium.pk, kind="dispute", reason="诉讼", source_key="x", by=supervisor)
        assert not destroy.due(archivist, clock.today()).exists()

    def test_every_end_sets_the_day_until_which_it_is_kept(self, lobby, head):
        made = complaint_take.take(intake(), by=lobby)
        work.withdraw(made.pk, by=lobby, note="客户撤回")
        assert fresh(made).keep_until.year == clock.today().year + 5


class TestList:
    def test_it_goes_to_supervisor_and_head_and_is_on_one_list_only(self, ended, archivist, branches):
        row = ended()
        batch = destroy.propose(branches["first"], by=archivist, complaint_ids=[row.pk], reason="保管期满")
        assert batch.number.startswith("XH-0817-")
        listing = ComplaintListing.objects.get()
        assert (listing.file_no, listing.keep_until, listing.state) == (
            row.archive_no,
            row.keep_until,
            "listed",
        )
        with pytest.raises(Conflict):
            destroy.propose(branches["first"], by=archivist, complaint_ids=[row.pk], reason="x")

    def test_what_is_missing_is_said(self, ended, archivist, branches, lobby):
        row = ended()
        with pytest.raises(Refused) as refused:
            destroy.propose(branches["first"], by=archivist, complaint_ids=[], reason="x")
        assert "complaints" in refused.value.errors
        with pytest.raises(Refused):
            destroy.propose(branches["first"], by=archivist, complaint_ids=[row.pk], reason=" ")
        with pytest.raises(PermissionDenied):
            destroy.propose(branches["first"], by=lobby, complaint_ids=[row.pk], reason="x")

    def test_a_refused_list_sets_its_files_free(self, ended, archivist, supervisor, branches):
        row = ended()
        batch = destroy.propose(branches["first"], by=archivist, complaint_ids=[row.pk], reason="x")
        destruction.refuse(batch.pk, by=supervisor, note="再留一年")
        assert ComplaintListing.objects.get().stop == "batch"
        assert list(destroy.due(archivist, clock.today())) == [row]


class TestWitness:
    def test_words_and_files_go_and_the_register_and_every_count_stay(
        self, ended, underway, wealth, complaint_office, django_capture_on_commit_callbacks
    ):
        row, other = ended(), ended()
        first = row.received_at.astimezone(clock.SHANGHAI).date().replace(day=1)
        rows = stats.between(Complaint.objects.visible_to(complaint_office), first, stats.last_day(first))
        before = stats.figures(rows, today=clock.today())
        gone, stays = path_of(row.attachments.get()), path_of(other.attachments.get())
        batch = underway(row)
        with django_capture_on_commit_callbacks(execute=True):
            destruction.witness(batch.pk, by=wealth)
        now = fresh(row)
        assert (now.number, now.archive_no, now.status) == (row.number, row.archive_no, "closed")
        assert (now.name, now.request, now.title, now.phone_hash) == ("–", "–", "–", "")
        assert now.destroyed_at is not None and not now.attachments.exists()
        assert not gone.exists() and stays.exists()
        assert stats.figures(rows, today=clock.today()) == before
        assert fresh(other).request == WORDS
        assert ComplaintListing.objects.get().state == "destroyed"
        assert Destruction.objects.get().state == "done"
        assert AccessEvent.objects.filter(kind="erase", object_id=str(row.pk)).exists()
        assert ComplaintEvent.objects.filter(complaint=row, name="destroy").count() == 1

    def test_nothing_is_done_any_more_about_what_was_destroyed(self, ended, underway, wealth, lobby):
        row = ended()
        destruction.witness(underway(row).pk, by=wealth)
        with pytest.raises(Conflict):
            work.restart(row.pk, by=lobby, facts="新的情况")
        assert fresh(row).status == "closed"

    def test_no_version_of_it_in_the_history_keeps_a_word(self, ended, underway, wealth):
        row, other = ended(), ended()
        destruction.witness(underway(row).pk, by=wealth)
        history = Complaint.history.rel.related_model
        assert {version.request for version in history.objects.filter(pgh_obj=row)} == {"–"}
        assert {version.request for version in history.objects.filter(pgh_obj=other)} == {WORDS}

    def test_what_was_merged_into_it_keeps_its_own_history(self, ended, underway, wealth):
        row, repeat = ended(), ended()
        Complaint.objects.filter(pk=repeat.pk).update(status="merged", merged_into=row)
        destruction.witness(underway(row).pk, by=wealth)
        history = Complaint.history.rel.related_model
        assert {version.request for version in history.objects.filter(pgh_obj=repeat)} == {WORDS}
        assert fresh(repeat).request == WORDS

    def test_with_a_person_named_in_it_its_recusals_stay(self, ended, underway, wealth, teller, colleague):
        row = ended(by=teller, named=[colleague.pk])
        destruction.witness(underway(row).pk, by=wealth)
        assert fresh(row).recusals.filter(basis="named", person=colleague).exists()
        assert not Complaint.objects.visible_to(colleague).exists()

    def test_a_hold_set_meanwhile_takes_it_off(self, ended, underway, premium, supervisor, wealth):
        row = ended(client_id=premium.pk)
        batch = underway(row)
        holds.place_hold(premium.pk, kind="dispute", reason="诉讼", source_key="x", by=supervisor)
        destruction.witness(batch.pk, by=wealth)
        assert ComplaintListing.objects.get().stop == "hold"
        assert fresh(row).request == WORDS and row.attachments.exists()


@pytest.mark.django_db(transaction=True)
def test_two_archivists_put_a_file_on_one_list(ended, archivist, branches):
    row = ended()

    def propose():
        return destroy.propose(branches["first"], by=archivist, complaint_ids=[row.pk], reason="x")

    found = sorted(name for name, _text in together(propose, propose))
    assert found == ["Conflict", "done"]
    assert ComplaintListing.objects.count() == 1


def test_bytes_a_killed_worker_left_go_the_next_night(ended):
    row = ended().attachments.get()
    kept, left = path_of(row), settings.COMPLAINT_FILES / "ab" / "abandoned"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(PDF)
    assert destroy.forget_bytes() == {"files": 0}
    old = time.time() - 2 * 24 * 3600
    for path in (kept, left):
        os.utime(path, (old, old))
    assert destroy.forget_bytes() == {"files": 1}
    assert kept.exists() and not left.exists()


class TestDoors:
    def test_the_page_lists_numbers_only_and_sends_a_list(self, client, ended, archivist):
        row = ended()
        client.force_login(archivist)
        html = client.get("/complaints/retention/").content.decode()
        assert row.archive_no in html
        assert row.title not in html and "马" not in html
        wrong = client.post("/complaints/retention/", {"complaints": [row.pk], "reason": ""})
        assert wrong.status_code == 422 and "checked" in wrong.content.decode()
        done = client.post("/complaints/retention/", {"complaints": [row.pk], "reason": "保管期满"})
        page = client.get(done["Location"]).content.decode()
        assert row.archive_no in page and "清册中的投诉档案" in page

    def test_the_certificate_names_the_file(self, client, underway, wealth, archivist):
        batch = underway()
        destruction.witness(batch.pk, by=wealth)
        client.force_login(archivist)
        paper = client.get(f"/archives/destructions/{batch.pk}/certificate/").content.decode()
        assert ComplaintListing.objects.get().file_no in paper

    def test_its_page_says_that_it_was_destroyed(self, client, underway, wealth, lobby):
        destruction.witness(underway().pk, by=wealth)
        client.force_login(lobby)
        page = client.get(f"/complaints/{Complaint.objects.get().pk}/")
        assert page.status_code == 200 and "已按销毁清册销毁" in page.content.decode()

    def test_the_api_lists_and_proposes_the_same(self, client, ended, archivist):
        row = ended()
        client.force_login(archivist)
        assert [r["number"] for r in client.get("/api/v1/complaint-files/").json()["results"]] == [row.number]
        body = {"complaints": [row.pk], "reason": "保管期满"}
        made = client.post("/api/v1/complaint-files/", body, content_type="application/json")
        assert made.status_code == 201 and made.json()["number"].startswith("XH-0817-")
        again = client.post("/api/v1/complaint-files/", body, content_type="application/json")
        assert again.status_code == 409

    def test_the_list_asks_the_same_for_one_and_for_many(self, client, ended, archivist):
        client.force_login(archivist)
        counts = []
        for more in (1, 6):
            for _n in range(more):
                ended()
            client.get("/complaints/retention/")
            with CaptureQueriesContext(connection) as queries:
                client.get("/complaints/retention/")
            counts.append(len(queries))
        assert counts[0] == counts[1]
