"""核查: the office sees it, hears of its day, decides; the decision shows and the client is told."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.actions import complaint_hand as hand
from complaints.actions import complaint_reply as replies
from complaints.actions import complaint_review as reviews
from complaints.models import Complaint, Review
from complaints.stats.reviews import count_reviews, open_reviews
from followups.models import PlanItem
from rmflow.notices.models import Notice
from rmflow.workflow import Conflict, Refused

from .conftest import fresh
from .test_work import answered, ready

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 2, 13)
DUE = datetime.date(2026, 3, 15)


@pytest.fixture
def asked(made, lobby, complaint_office):
    """Asked for on the day of the reply, due a month later."""
    answered(made, lobby)
    row = reviews.ask_review(made.pk, by=lobby, asked_on=DAY, reason="对认定结果不服")
    Notice.objects.all().delete()
    return row


def confirm(asked, by, **fields):
    usual = {"outcome": "confirmed", "findings": "经核查，维持原处理决定"}
    return reviews.decide_review(asked.complaint_id, asked.pk, by=by, **{**usual, **fields})


def heard(day):
    """Who was told of what on one morning."""
    Notice.objects.all().delete()
    reviews.remind(today=day)
    return [(notice.recipient.name, notice.key.rsplit(":", 1)[1]) for notice in Notice.objects.all()]


def test_the_office_hears_at_80_percent_on_the_day_and_when_it_is_late(asked, complaint_office):
    assert asked.due_on == DUE
    assert heard(datetime.date(2026, 3, 8)) == []
    assert heard(datetime.date(2026, 3, 9)) == [(complaint_office.name, "soon")]
    assert heard(DUE) == [(complaint_office.name, "day")]
    assert heard(datetime.date(2026, 3, 16)) == [(complaint_office.name, "late")]


def test_a_second_morning_says_nothing_again_and_a_decided_one_never(asked, complaint_office):
    reviews.remind(today=datetime.date(2026, 3, 9))
    reviews.remind(today=datetime.date(2026, 3, 10))
    assert Notice.objects.filter(recipient=complaint_office).count() == 1
    confirm(asked, complaint_office)
    assert reviews.remind(today=DUE) == {"reviews": 0}


def test_who_handled_it_or_keeps_out_hears_nothing(asked, head, complaint_office):
    Complaint.objects.filter(pk=asked.complaint_id).update(replied_by=complaint_office)
    assert heard(DUE) == []
    Complaint.objects.filter(pk=asked.complaint_id).update(replied_by=head)
    hand.step_back(asked.complaint_id, by=head, person_id=complaint_office.pk, note="亲戚")
    assert heard(DUE) == []


def test_a_changed_decision_carries_the_new_finding(asked, complaint_office):
    assert fresh(asked.complaint).finding == "partly"
    for wrong in ("", "partly", "x"):
        with pytest.raises(Refused) as refused:
            confirm(asked, complaint_office, outcome="changed", finding=wrong)
        assert refused.value.field == "finding"
    confirm(asked, complaint_office, outcome="changed", finding="upheld")
    assert fresh(asked.complaint).finding == "upheld"


def test_confirmed_the_finding_stays_whatever_is_sent_along(asked, complaint_office):
    confirm(asked, complaint_office, finding="rejected")
    assert fresh(asked.complaint).finding == "partly"


def test_the_handler_tells_the_client_and_way_and_time_are_kept(friday, asked, lobby, complaint_office):
    with pytest.raises(Conflict):
        reviews.told_of_review(asked.complaint_id, asked.pk, by=lobby, way="phone")
    confirm(asked, complaint_office)
    key = f"complaint:{asked.complaint_id}:review"
    assert PlanItem.objects.open().get(source_key=key).owner == lobby
    with pytest.raises(Refused):
        reviews.told_of_review(asked.complaint_id, asked.pk, by=lobby, way="dove")
    reviews.told_of_review(asked.complaint_id, asked.pk, by=lobby, way="letter")
    asked.refresh_from_db()
    assert (asked.told_way, asked.told_at.astimezone().date()) == ("letter", DAY)
    assert not PlanItem.objects.open().filter(source_key=key).exists()
    with pytest.raises(Conflict):
        reviews.told_of_review(asked.complaint_id, asked.pk, by=lobby, way="phone")


def test_closed_in_between_it_can_still_be_told(made, asked, lobby, complaint_office, codes):
    from complaints.actions import complaint_work as work

    work.classify(made.pk, by=lobby, **codes)
    replies.call_back(made.pk, by=lobby, satisfaction="not")
    replies.trace(made.pk, by=lobby, root_cause="短信模板未写明到账日")
    replies.close(made.pk, by=lobby)
    confirm(asked, complaint_office)
    reviews.told_of_review(made.pk, asked.pk, by=lobby, way="phone")
    assert fresh(made).status == "closed"


class TestPages:
    def test_list_and_tile_show_what_waits_and_what_is_late(self, client, asked, complaint_office):
        client.force_login(complaint_office)
        html = client.get("/complaints/reviews/").content.decode()
        assert asked.complaint.number in html
        assert "对认定结果不服" in html
        assert f"/complaints/{asked.complaint_id}/decide_review/" in html
        assert client.get("/complaints/desk/risk/").context["reviews"] == {"open": 1, "late": 0}
        Review.objects.update(due_on=DAY - datetime.timedelta(days=1))
        page = client.get("/complaints/desk/risk/")
        assert page.context["reviews"] == {"open": 1, "late": 1}
        assert "其中 1 件超期" in page.content.decode()
        confirm(asked, complaint_office)
        assert "没有待核查事项" in client.get("/complaints/reviews/").content.decode()

    def test_who_keeps_out_neither_sees_nor_counts_it(self, asked, head, complaint_office):
        hand.step_back(asked.complaint_id, by=head, person_id=complaint_office.pk, note="亲戚")
        assert not open_reviews(complaint_office).exists()
        assert count_reviews(complaint_office, today=DUE) == {"open": 0, "late": 0}

    def test_the_list_asks_as_often_for_fifteen_as_for_one(
        self, client, asked, taken, lobby, complaint_office
    ):
        client.force_login(complaint_office)
        client.get("/complaints/reviews/")
        counts = []
        for more in (0, 14):
            for _n in range(more):
                another = taken()
                answered(another, lobby)
                reviews.ask_review(another.pk, by=lobby, asked_on=DAY, reason="不服")
            with CaptureQueriesContext(connection) as queries:
                assert len(client.get("/complaints/reviews/").context["lines"]) == 1 + more
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_the_form_asks_for_the_new_finding_and_the_letter_carries_it(
        self, client, asked, lobby, complaint_office
    ):
        client.force_login(complaint_office)
        url = f"/complaints/{asked.complaint_id}/decide_review/"
        typed = {"outcome": "changed", "findings": "告知义务未尽到", "idempotency_key": "a" * 32}
        page = client.post(url, typed)
        assert page.status_code == 422
        assert "须与原认定不同" in page.content.decode()
        assert (
            client.post(url, {**typed, "finding": "upheld", "idempotency_key": "b" * 32}).status_code == 303
        )
        client.force_login(lobby)
        letter = client.get(f"/complaints/{asked.complaint_id}/letter/").content.decode()
        assert "四、核查结果" in letter
        assert "告知义务未尽到" in letter
        assert "五、救济途径" in letter
        shown = client.get(f"/complaints/{asked.complaint_id}/").content.decode()
        assert "尚未告知客户" in shown
        assert f"/complaints/{asked.complaint_id}/told_review/" in shown

    def test_without_a_review_the_letter_is_as_before(self, client, made, lobby, codes):
        ready(made, lobby, codes)
        client.force_login(lobby)
        letter = client.get(f"/complaints/{made.pk}/letter/").content.decode()
        assert "四、救济途径" in letter
        assert "核查结果" not in letter
