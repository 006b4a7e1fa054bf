"""The demo data: whole, repeat-safe, every state with its event."""

import datetime
import random

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Q
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.utils import timezone

from clients.models import Client, Verdict
from complaints.models import Closure, ClosureMonth, Opening
from referrals.models import Referral, ReferralEvent
from rmflow.portal.demo import closing, rhythm
from rmflow.staff.models import BANK_TIME, User
from rmflow.workdays.models import BranchDay, DayConfirmation

LIVED = datetime.timedelta(rhythm.LIVED - 1)
pytestmark = pytest.mark.django_db

ACCOUNTS = (
    "teller1 lobby1 wealth1 marketing1 head1 supervisor1 archivist1 teller2 lobby2 wealth2 marketing2 head2 "
    "supervisor2 archivist2 region1 complaints1 phone1 ebank1 admin1 security1 auditor1"
).split()


def test_it_is_whole_and_changes_nothing_the_second_time(capsys):
    call_command("seed_demo")
    assert User.objects.filter(employee_no__in=ACCOUNTS).count() == len(ACCOUNTS)
    assert Client.objects.count() >= 2000
    before = Referral.objects.count(), ReferralEvent.objects.count()
    assert before[0] > 1000
    without_event = Referral.objects.filter(events=None)
    assert not without_event.exists()
    met_without_event = Referral.objects.filter(reception="met").exclude(
        events__name__in=("meet", "state")  # received in the lobby, or said so at the closing
    )
    assert not met_without_event.exists()
    closures_and_openings()
    nothing_before_its_cause()
    days_have_their_rhythm()
    call_command("seed_demo")
    assert (Referral.objects.count(), ReferralEvent.objects.count()) == before
    assert "nothing changed" in capsys.readouterr().out


def nothing_before_its_cause():
    """Whatever the hour: no day locked before what it counts, no step before the slip, none to come."""
    now = timezone.now()
    late = Q(counted_on__closed_at__lte=F("filed_at")) | Q(counted_on__opened_at__gt=F("filed_at"))
    assert not Referral.objects.filter(late).exists()
    early = ReferralEvent.objects.filter(Q(at__lt=F("referral__filed_at")) | Q(at__gt=now))
    assert not early.exists(), list(early.values("name", "at", "referral__filed_at")[:3])
    assert not BranchDay.objects.filter(Q(closed_at__gt=now) | Q(released_at__gt=now)).exists()
    assert not BranchDay.objects.filter(released_at__lt=F("closed_at")).exists()
    assert not DayConfirmation.objects.filter(withdrawn_at=None, at__gt=F("day__closed_at")).exists()
    verdicts = Verdict.objects.filter(at__gt=now)
    assert not verdicts.exists()


def days_have_their_rhythm():
    """Mondays are busy and Sundays quiet, mornings busier than noon; nobody comes outside business hours."""
    past = Referral.objects.filter(sender_branch__code="0817", day__date__lt=timezone.localdate())
    on, at = (
        dict(past.values_list(part("referred_at", tzinfo=BANK_TIME)).annotate(Count("pk")).order_by())
        for part in (ExtractIsoWeekDay, ExtractHour)
    )
    monday, sunday = on[1], on.get(7, 0)
    assert monday > sunday * 1.5 and monday > on[6] and all(on[day] > on[6] for day in (1, 2, 3, 4, 5))
    assert at[10] > at[12] * 2 and at[16] > at[13]
    assert set(at) <= set(rhythm.HOURS)
    closed = BranchDay.objects.filter(closed_at__isnull=False, date__gte=timezone.localdate() - LIVED)
    hours = set(closed.values_list(ExtractHour("closed_at", tzinfo=BANK_TIME), flat=True))
    assert hours == {closing.LOCKED[0]}


@pytest.mark.parametrize(
    "clock", ["00:01", "00:31", "02:00", "04:59", "05:01", "09:00", "12:00", "17:40", "23:59"]
)
def test_who_is_in_the_lobby_came_today_and_in_order(clock):
    now = datetime.datetime.combine(
        datetime.date(2026, 11, 29), datetime.time.fromisoformat(clock), BANK_TIME
    )
    came = list(rhythm.in_the_lobby(now))
    moments = [moment for moment, _manager, _far in came]
    assert moments == sorted(moments) and all(moment.date() == now.date() for moment in moments)
    assert all(moment <= now for moment in moments)
    assert all(moment + rhythm.LONGEST <= now for moment, _manager, far in came if far == "received")
    assert len(came) == {"00:01": 0, "00:31": 3}.get(clock, 5)


def test_the_last_client_is_judged_before_the_closing_begins():
    day, rng = datetime.date(2026, 11, 27), random.Random(1)
    latest = max(rhythm.moment(rng, day) for _n in range(5000))
    assert (latest + rhythm.LONGEST).time() <= datetime.time(*closing.ANSWERED)
    steps = [closing.ANSWERED, closing.SETTLED, closing.SIGNED, closing.LOCKED, closing.RELEASED]
    assert steps == sorted(steps)


def closures_and_openings():
    """Every state but the ones of a moment; each case with its events, each ended one with a whole record."""
    results = set(Closure.objects.exclude(result="").values_list("result", flat=True))
    assert results == {"served", "kept", "partly", "lost"}
    assert not Closure.objects.filter(events=None).exists()
    assert ClosureMonth.objects.exclude(received_at=None).exists()
    assert set(Opening.objects.values_list("state", flat=True)) == {"preparing", "seated", "executed"}
