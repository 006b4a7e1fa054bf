"""What is under way with a person here, for the floor below (`settings.CLIENTS_NEIGHBOURS`)."""

from django.db.models import Q

from .models import Referral, Statement
from .rules import Reception, Status


def open_with():
    """Ids of clients who wait, are being received, or whose slip is not counted yet."""
    waiting = Q(reception__in=(Reception.WAITING, Reception.ACCEPTED))
    unchecked = Q(day__closed_at__isnull=True) & ~Q(status=Status.WITHDRAWN)
    yield Referral.objects.filter(waiting | unchecked).values("client")


def notice_keys(client_ids):
    """Beginnings of the keys of notices about these persons."""
    slips = Referral.objects.filter(client__in=client_ids).values_list("pk", flat=True)
    said = Statement.objects.filter(referral__client__in=client_ids).values_list("pk", flat=True)
    return [f"referral:{pk}:" for pk in slips] + [f"statement:{pk}" for pk in said]


def stop_contact(client, *, by):
    """A slip plans no contact by itself; its follow-up does."""
