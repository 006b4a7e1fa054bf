"""Two hands on one thing at the same moment, each in a process of its own."""

import datetime

import pytest

from clients.models import Archive, Verdict
from followups import actions as followups
from followups.models import Contact, PlanEvent, PlanItem
from referrals import actions
from referrals.models import Diversion, Referral
from rmflow.workdays import clock
from tests.race import together

pytestmark = pytest.mark.django_db(transaction=True)
LOST = {"Conflict", "Refused", "DoesNotExist", "PermissionDenied"}


def outcomes(*calls):
    names = sorted(name for name, _text in together(*calls))
    assert set(names) <= LOST | {"done"}, names
    return names.count("done")


def test_a_withdrawal_and_an_acceptance_end_in_one_of_both(filed, lobby, wealth):
    for n in range(4):
        slip = filed(name=f"王{'一二三四'[n]}")
        won = outcomes(
            lambda slip=slip: actions.withdraw(slip.pk, by=lobby, reason="x"),
            lambda slip=slip: actions.perform("accept", slip.pk, by=wealth),
        )
        slip = Referral.objects.get(pk=slip.pk)
        assert won == 1
        assert (slip.status, slip.reception) in (("withdrawn", "left"), ("referred", "accepted"))


def test_two_verdicts_at_once_open_one_archive(filed, wealth, branches):
    slip = filed()
    actions.perform("accept", slip.pk, by=wealth)
    outcomes(*[lambda: actions.judge(slip.pk, by=wealth, type="existing_premium", level="core")] * 2)
    assert Archive.objects.count() == 1
    ordinary = filed(name="王")
    actions.perform("accept", ordinary.pk, by=wealth)
    outcomes(*[lambda: actions.judge(ordinary.pk, by=wealth, type="ordinary")] * 2)
    assert Diversion.objects.filter(referral=ordinary).count() == 1
    assert Verdict.objects.filter(client=ordinary.client_id).exists()


@pytest.fixture
def plan(filed, notice):
    """One open plan of the wealth manager."""
    tomorrow = clock.today() + datetime.timedelta(days=1)
    filed(end="card", phone="13800005678", basis="consent", agreed_on=tomorrow)
    return PlanItem.objects.get()


def test_one_contact_recorded_twice_at_once_is_one(plan, wealth):
    assert outcomes(*[lambda: followups.record_contact(plan.pk, by=wealth, result="met")] * 3) == 1
    assert Contact.objects.count() == 1


def test_a_postponement_and_a_contact_at_once_leave_one_story(plan, wealth):
    day = clock.today() + datetime.timedelta(days=2)
    outcomes(
        lambda: followups.postpone(plan.pk, by=wealth, plan_on=day),
        lambda: followups.record_contact(plan.pk, by=wealth, result="met"),
    )
    plan.refresh_from_db()
    assert plan.state == "done"  # whoever came first: a postponed item may be done, a done one not postponed
    last = PlanEvent.objects.filter(item=plan).order_by("-pk").first()
    assert last.name == "done"


def test_two_offers_at_once_leave_the_client_with_one_manager(filed, lobby, head, wealth, colleague):
    slip = filed()
    outcomes(
        lambda: actions.perform("offer", slip.pk, by=lobby, to=colleague.pk),
        lambda: actions.perform("accept", slip.pk, by=wealth),
    )
    slip = Referral.objects.get(pk=slip.pk)
    assert slip.manager in (wealth, colleague)
    assert slip.events.filter(name="accept").count() == (slip.reception == "accepted")
