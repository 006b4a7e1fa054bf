"""The block "next step" on a client's page, over HTTP."""

import datetime

import pytest

from followups import actions
from followups.models import Appointment
from followups.rules import NextStep
from tests.clients.pages import page

from .conftest import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("thursday")]
DAY = datetime.timedelta(days=1)


@pytest.fixture
def block(client):
    """A function: what somebody reads of a client's next step, in English; the answer with its text."""

    def read(user, person, **headers):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        answer = client.get(f"/followups/client/{person.pk}/", headers={"HX-Request": "true", **headers})
        answer.text_ = answer.content.decode()
        return answer

    return read


def test_the_manager_reads_the_nearest_plan_and_may_record_the_contact(block, record, planned, wealth):
    mine = record(agreed_on=TODAY + DAY)
    planned(TODAY + 9 * DAY, client=mine.client, purpose="later")
    text = block(wealth, mine.client).text_
    assert "1 working day left" in text
    assert "later" not in text
    assert f'href="/today/{mine.first.pk}/"' in text
    assert "Plan a contact" not in text


def test_the_meeting_agreed_and_the_last_contact_stand_beside(block, record, wealth):
    mine = record(agreed_on=TODAY)
    step = NextStep("visit", datetime.date(2026, 10, 12), datetime.time(14, 30))
    actions.record_contact(
        mine.first.pk, by=wealth, channel="phone", result="appointed", findings="", next_step=step
    )
    text = block(wealth, mine.client).text_
    assert "14:30–" in text
    assert "Phone call · Appointment made" in text
    assert wealth.name in text
    Appointment.objects.update(state=Appointment.State.CANCELLED)
    assert "14:30–" not in block(wealth, mine.client).text_


def test_a_client_without_a_plan_may_be_planned_for_by_the_manager(block, person, wealth):
    text = block(wealth, mine := person(wealth)).text_
    assert "No next step" in text
    assert f'href="/today/new/?client={mine.pk}"' in text


def test_nobody_plans_for_who_does_not_want_to_be_contacted(block, person, wealth):
    text = block(wealth, person(wealth, do_not_contact=True)).text_
    assert "does not want to be contacted" in text
    assert "Plan a contact" not in text


def test_a_colleague_reads_only_who_looks_after_the_client(block, planned, wealth, colleague):
    item = planned(TODAY, purpose="secret")
    text = block(colleague, item.client).text_
    assert f"{wealth.name} looks after this client" in text
    assert "secret" not in text
    assert "Plan a contact" not in text


def test_the_head_reads_the_plan_and_whose_it_is_and_does_nothing(block, planned, head, wealth):
    text = block(head, planned(TODAY, purpose="定期到期").client).text_
    assert wealth.name in text
    assert "定期到期" in text
    assert "Record contact" not in text


def test_a_client_of_another_branch_is_not_found(block, person, other_wealth, wealth):
    assert block(other_wealth, person(wealth)).status_code == 404


def test_who_reads_no_follow_ups_is_refused_and_their_page_does_not_ask(block, client, person, lobby, wealth):
    mine = person(wealth)
    assert block(lobby, mine).status_code == 403
    assert "/followups/client/" not in page(client, f"/clients/{mine.pk}/")


def test_the_clients_page_asks_for_the_block_and_its_address_alone_leads_there(block, client, person, wealth):
    mine = person(wealth)
    answer = block(wealth, mine, **{"HX-Request": "false"})
    assert answer.headers["Location"] == f"/clients/{mine.pk}/"
    assert f'hx-get="/followups/client/{mine.pk}/"' in page(client, f"/clients/{mine.pk}/")
