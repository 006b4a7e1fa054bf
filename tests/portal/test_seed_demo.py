"""The demo data: whole, repeat-safe, every state with its event."""

import pytest
from django.core.management import call_command

from clients.models import Client
from complaints.models import Closure, ClosureMonth, Opening
from referrals.models import Referral, ReferralEvent
from rmflow.staff.models import User

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
    call_command("seed_demo")
    assert (Referral.objects.count(), ReferralEvent.objects.count()) == before
    assert "nothing changed" in capsys.readouterr().out


def closures_and_openings():
    """Every state but the ones of a moment; each case with its events, each ended one with a whole record."""
    results = set(Closure.objects.exclude(result="").values_list("result", flat=True))
    assert results == {"served", "kept", "partly", "lost"}
    assert not Closure.objects.filter(events=None).exists()
    assert ClosureMonth.objects.exclude(received_at=None).exists()
    assert set(Opening.objects.values_list("state", flat=True)) == {"preparing", "seated", "executed"}
