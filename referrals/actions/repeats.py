"""The repeat warning (W1-07): one wording for every cause, capped per user and day, logged."""

import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from clients.models import Client
from clients.rules import ORDINARY_SUPPRESSES_DAYS, ClientType
from followups.models import FollowUp
from rmflow.privacy import blind
from rmflow.privacy.actions import log
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from ..models import Referral, RepeatCheck
from ..rules import REPEAT_CHECKS_A_DAY, Status


def persons(*, phone="", id_number="", client_id=None):
    """Ids of everybody these data may stand for, across the bank; never shown to anybody."""
    same = Q(pk=client_id) if client_id else Q()
    if phone:
        same |= Q(phone_hash=blind.blind_index("phone", phone))
    if id_number:
        same |= Q(id_hash=blind.blind_index("id", id_number))
    return list(Client.objects.filter(same).values_list("pk", flat=True)[:50]) if same else []


def is_repeat(ids):
    """Whether any of these persons is looked after, followed up, referred lately or judged ordinary lately."""
    if not ids:
        return False
    since = clock.now() - datetime.timedelta(days=ORDINARY_SUPPRESSES_DAYS)
    looked_after = Client.objects.filter(pk__in=ids).filter(
        Q(owner__isnull=False) | Q(verdicts__type=ClientType.ORDINARY, verdicts__at__gte=since)
    )
    return (
        looked_after.exists()
        or FollowUp.objects.live().filter(client__in=ids).exists()
        or Referral.objects.filter(client__in=ids, filed_at__gte=since)
        .exclude(status=Status.WITHDRAWN)
        .exists()
    )


def look(*, by, phone="", id_number="", client_id=None):
    """Answer the form's question before it is saved: True when a warning is due.

    Counted and logged without the number; past the day's cap it refuses, so that it does not become
    a way to find out who banks here.
    """
    permissions.require(by, Permission.FILE_REFERRAL)
    if is_spent(by):
        raise Refused(
            _("Too many look-ups today; file the referral, it is checked all the same."),
            code="cap",
        )
    warned = is_repeat(persons(phone=phone, id_number=id_number, client_id=client_id))
    remember(by, warned=warned)
    return warned


def is_spent(by):
    """Whether `by` has used up the look-ups of the day; warnings that refused a card count too."""
    midnight = datetime.datetime.combine(clock.today(), datetime.time(), tzinfo=BANK_TIME)
    return RepeatCheck.objects.filter(by=by, at__gte=midnight).count() >= REPEAT_CHECKS_A_DAY


def remember(by, *, warned):
    """Count a look and put it on record, without what was looked for."""
    RepeatCheck.objects.create(by=by, warned=warned)
    log("repeat_check", by=by)
