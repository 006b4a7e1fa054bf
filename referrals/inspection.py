"""What an inspection may draw, and how what it drew reads: kinds and numbers, never a client's name."""

import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Archive
from followups.models import FollowUp
from rmflow.workdays import clock

from .models import Referral

KINDS = {
    "slip": gettext_lazy("Referral slip"),
    "record": gettext_lazy("Follow-up record"),
    "archive": gettext_lazy("Archive"),
}
DAYS = 30  # an inspection looks at what was filed, worked or opened lately
MOST = 400  # of each kind, the newest, go into the draw


def candidates(branch):
    """[kind, id] of everything that may be drawn at `branch`."""
    since = clock.now() - datetime.timedelta(days=DAYS)
    slips = Referral.objects.filter(sender_branch=branch, filed_at__gte=since).order_by("-filed_at")
    records = FollowUp.objects.filter(branch=branch).live().order_by("-opened_at")
    archives = Archive.objects.filter(client__branch=branch, opened_at__gte=since, destroyed_at__isnull=True)
    archives = archives.order_by("-opened_at")
    found = []
    for kind, rows in (("slip", slips), ("record", records), ("archive", archives)):
        found += [[kind, pk] for pk in rows.values_list("pk", flat=True)[:MOST]]
    return found


def items(sample):
    """The drawn items with number, link and value of their box."""
    clients = dict(
        Archive.objects.filter(pk__in=[pk for kind, pk in sample if kind == "archive"]).values_list(
            "pk", "client_id"
        )
    )
    return [
        {
            "kind": KINDS.get(kind, kind),
            "number": number(kind, pk),
            "value": f"{kind}:{pk}",
            "url": _url(kind, pk, clients),
        }
        for kind, pk in sample
    ]


def _url(kind, pk, clients):
    if kind == "slip":
        return f"/referrals/{pk}/"
    if kind == "record":
        return f"/followups/{pk}/"
    return f"/clients/{clients[pk]}/" if pk in clients else ""


def number(kind, pk):
    prefix = {"slip": "TJ", "record": "GJ", "archive": "DA"}.get(kind, "")
    return f"{prefix}{pk:08d}"


def named(row):
    """How many of each kind were drawn, and the numbers at fault."""
    counts = {}
    for kind, _pk in row.sample:
        counts[kind] = counts.get(kind, 0) + 1
    drawn = "、".join(f"{KINDS.get(kind, kind)} {n}" for kind, n in counts.items())
    wrong = "、".join(number(kind, pk) for kind, pk in row.faulty)
    return {"drawn": drawn, "faulty": wrong or _("none")}


def parse(text):
    """[kind, id] of a form's box, or None."""
    kind, _colon, pk = text.partition(":")
    return [kind, int(pk)] if kind in KINDS and pk.isdecimal() and len(pk) < 19 else None
