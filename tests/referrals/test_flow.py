"""The main job, through the actions: filed, received, judged, told."""

import datetime

import pytest

from clients.models import Archive, TimelineEntry
from clients.rules import ClientType
from followups import actions as followups
from followups.models import Appointment, Contact, FollowUp, PlanItem
from followups.rules import NextStep
from referrals import actions
from referrals.models import Diversion, ReferralEvent
from referrals.rules import End, Reception, Status
from rmflow.notices.models import Notice
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db


def test_an_introduced_client_becomes_premium(filed, lobby, wealth):
    slip = filed()
    assert (slip.status, slip.reception) == (Status.REFERRED, Reception.WAITING)
    assert slip.addressed_as == "刘女士"
    assert Notice.objects.get(recipient=wealth).kind == "waiting"
    actions.perform("accept", slip.pk, by=wealth)
    slip, _verdict = actions.judge(slip.pk, by=wealth, type=ClientType.EXISTING_PREMIUM, level="regular")
    assert slip.reception == Reception.MET
    assert Archive.objects.get(client=slip.client).file_no.startswith("0817-")
    slip.client.refresh_from_db()
    assert slip.client.owner == wealth
    assert [e.name for e in ReferralEvent.objects.order_by("pk")] == ["file", "accept", "meet"]
    assert Notice.objects.filter(recipient=lobby, kind="outcome").count() == 1
    assert TimelineEntry.objects.filter(client=slip.client).count() >= 6


def test_a_card_handed_out_becomes_a_follow_up_record(filed, wealth, notice):
    day = clock.today() + datetime.timedelta(days=3)
    slip = filed(end=End.CARD, phone="13800005678", basis="consent", agreed_on=day, agreed_channel="phone")
    item = PlanItem.objects.get(owner=wealth)
    assert item.plan_on == day
    assert slip.follow_up.manager == wealth
    contact = followups.record_contact(
        item.pk,
        by=wealth,
        result="appointed",
        next_step=NextStep("visit", clock.today() + datetime.timedelta(days=4), datetime.time(10)),
    )
    assert Contact.objects.get() == contact
    assert Appointment.objects.get().manager == wealth
    assert FollowUp.objects.get().status == "appointed"


def test_an_ordinary_client_is_diverted_and_the_referrer_told(filed, teller, wealth):
    slip = filed(by=teller)
    actions.judge(slip.pk, by=wealth, type=ClientType.ORDINARY)
    assert Diversion.objects.get().referral == slip
    assert Notice.objects.filter(recipient=teller, kind="outcome").exists()
