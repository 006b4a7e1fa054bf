"""What is under way with a person here, for the floor below (`settings.CLIENTS_NEIGHBOURS`)."""

from django.db.models import Q

from rmflow.workdays import clock

from .actions import complaint_destroy
from .models import Closure, Complaint, ComplaintListing, Opening
from .rules.complaint import OPEN
from .rules.openings import OPEN as OPENINGS


def open_with():
    """Ids of clients with an open complaint, or one the law still keeps; an open closure or opening."""
    kept = Q(status__in=OPEN) | Q(keep_until__gte=clock.today())
    yield Complaint.objects.filter(kept, client__isnull=False).values("client")
    yield Closure.objects.open().filter(client__isnull=False).values("client")
    yield Opening.objects.filter(state__in=OPENINGS).values("client")


def notice_keys(client_ids):
    """Beginnings of the keys of notices about these persons."""
    keys = []
    for name, model in (("complaint", Complaint), ("closure", Closure), ("opening", Opening)):
        rows = model.objects.filter(client__in=client_ids).values_list("pk", flat=True)
        keys += [f"{name}:{pk}:" for pk in rows]
    return keys


def stop_contact(client, *, by):
    """A complaint is answered whatever the client says of marketing; nothing here is planned contact."""


def listed(batch):
    """Complaint files on a list of destruction."""
    return list(ComplaintListing.objects.filter(batch=batch).select_related("stopped_by"))


def end_list(batch, *, by):
    complaint_destroy.end(batch, by=by)


def carry_out(batch, *, by, today):
    complaint_destroy.carry_out(batch, by=by, today=today)
