"""核对: files drawn by the server are compared with cabinet and system, then the round is signed (C-07)."""

import random

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..custody_rules import CHECK_SAMPLE, FileState, Finding, Link, check_text
from ..models import Archive, CheckItem, CheckRound
from .custody import record

#: Nobody can foretell the draw, nor draw again until it suits: an unsigned round goes on.
DRAW = random.SystemRandom()
FAULTS = gettext_noop("The check of archives of {day} found {n} at fault.")


@transaction.atomic
def begin(branch, *, by, size=CHECK_SAMPLE):
    """Draw up to `size` files of the branch, half of them those unchecked longest."""
    permissions.require(by, Permission.CHECK_ARCHIVE, branch)
    files = Archive.objects.filter(branch=branch, state__in=(FileState.FILED, FileState.LENT))
    oldest = list(
        files.order_by(F("checked_on").asc(nulls_first=True), "pk").values_list("pk", flat=True)[: size // 2]
    )
    rest = list(files.exclude(pk__in=oldest).order_by("pk").values_list("pk", flat=True))
    drawn = oldest + DRAW.sample(rest, min(size - len(oldest), len(rest)))
    if not drawn:
        raise Refused(_("No archive is in the cabinet yet."))
    try:
        with transaction.atomic():
            made = CheckRound.objects.create(branch=branch, by=by, at=clock.now())
    except IntegrityError as error:
        if "check_one_at_a_time" not in str(error):
            raise
        return CheckRound.objects.get(branch=branch, signed_at__isnull=True)
    CheckItem.objects.bulk_create(CheckItem(round=made, archive_id=pk) for pk in drawn)
    return made


def _round(round_id, *, by):
    rows = CheckRound.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    found = rows.select_related("branch").get(pk=round_id)
    permissions.require(by, Permission.CHECK_ARCHIVE, found.branch)
    return found


@transaction.atomic
def put_findings(round_id, *, by, findings):
    """Write what was found: {item id: (finding, note)}; may be done in several goes before signing."""
    found = _round(round_id, by=by)
    if found.signed_at:
        raise Conflict(_("This check is signed already."), code="signed")
    items = {item.pk: item for item in found.items.all()}
    for pk, (finding, text) in findings.items():
        if pk not in items:
            raise Refused(_("Only archives of this check can be recorded."))
        item, text = items[pk], (text or "").strip()[:300]
        if finding not in ("", *Finding.values):
            raise Refused(_("Choose what you found."), field=f"finding_{pk}")
        if finding not in ("", Finding.OK) and not text:
            raise Refused(_("Describe what is wrong."), field=f"note_{pk}")
        item.finding, item.note = finding, text
    CheckItem.objects.bulk_update(items.values(), ["finding", "note"])
    return found


@transaction.atomic
def sign(round_id, *, by, note=""):
    """Sign a round in which every file was looked at; faults are told to supervisor and head."""
    found = _round(round_id, by=by)
    if found.signed_at:
        raise Conflict(_("This check is signed already."), code="signed")
    items = list(found.items.select_related("archive"))
    left = sum(not item.finding for item in items)
    if left:
        raise Refused(_("{n} archives have not been looked at yet.").format(n=left), code="left")
    found.signed_at, found.note = clock.now(), note.strip()[:300]
    found.save(update_fields=["signed_at", "note"])
    Archive.objects.filter(pk__in=[item.archive_id for item in items]).update(checked_on=clock.today())
    for item in items:
        record(item.archive, Link.CHECK, item.finding, by=by, reason=item.note)
    faults = sum(item.finding != Finding.OK for item in items)
    if faults:
        people = User.objects.holding_at(found.branch_id, Role.SUPERVISOR, Role.BRANCH_HEAD)
        params = {"day": clock.today(), "n": faults}
        link = f"/archives/checks/{found.pk}/"
        notify(people, "check", FAULTS, key=f"check:{found.pk}", link=link, params=params)
    return found


@transaction.atomic
def settle_fault(item_id, *, by, note):
    """A fault was put right: how."""
    rounds = CheckRound.objects.visible_to(by).filter(signed_at__isnull=False)
    rows = CheckItem.objects.filter(round__in=rounds).select_for_update(of=("self",), no_key=True)
    item = rows.select_related("archive", "round__branch").get(pk=item_id)
    permissions.require(by, Permission.CHECK_ARCHIVE, item.round.branch)
    if item.settled_at or item.finding == Finding.OK:
        raise Conflict(_("This fault is settled already."), code="settled")
    item.settled_note = check_text(note, "note")
    item.settled_at, item.settled_by = clock.now(), by
    item.save(update_fields=["settled_at", "settled_by", "settled_note"])
    record(item.archive, Link.CHECK, "settled", by=by, reason=item.settled_note)
    return item
