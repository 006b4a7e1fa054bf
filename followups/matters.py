"""What is under way with a person here, for the floor below (`settings.CLIENTS_NEIGHBOURS`)."""

from .actions import plans
from .models import Appointment, FollowUp, PlanItem


def open_with():
    """Ids of clients with an open record, plan or appointment."""
    yield FollowUp.objects.live().values("client")
    yield PlanItem.objects.open().filter(client__isnull=False).values("client")
    yield Appointment.objects.filter(state=Appointment.State.AGREED).values("client")


def notice_keys(client_ids):
    """Beginnings of the keys of notices about these persons."""
    records = FollowUp.objects.filter(client__in=client_ids).values_list("pk", flat=True)
    return [f"record:{pk}:" for pk in records]


def stop_contact(client, *, by):
    """Take every planned contact off the list."""
    plans.drop_open(client=client, by=by, note="do_not_contact")
