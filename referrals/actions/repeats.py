"""The repeat warning (W1-07): one wording for every cause, capped per user and day, logged."""

import datetime

from django.core.cache import cache
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from clients.models import Client
from clients.rules import ORDINARY_SUPPRESSES_DAYS, ClientType
from followups.models import FollowUp
from rmflow.doors.together import put
from rmflow.privacy import blind
from rmflow.privacy.actions import log
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from ..models import Referral, RepeatCheck, RepeatKey
from ..rules import REPEAT_CHECKS_A_DAY, Status

#: Seconds in which the same numbers asked by the same person are one look: typed, corrected, filed.
ONE_LOOK = 600


def persons(*, phone="", id_number="", client_id=None):
    """Ids of everybody these data may stand for, across the bank; never shown to anybody."""
    same = Q(pk=client_id) if client_id else Q()
    if phone:
        same |= Q(phone_hash=blind.blind_index("phone", phone))
    if id_number:
        same |= Q(id_hash=blind.blind_index("id", id_number))
    return list(Client.objects.filter(same).values_list("pk", flat=True)[:50]) if same else []


def may_be_repeat(*, phone="", id_number="", client_id=None):
    """Whether anybody with these data is looked after, followed up, referred lately or judged ordinary lately."""
    since = _since()
    if id_number and _typed_lately(id_number, since):
        return True
    ids = persons(phone=phone, id_number=id_number, client_id=client_id)
    if not ids:
        return False
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


def _since():
    return clock.now() - datetime.timedelta(days=ORDINARY_SUPPRESSES_DAYS)


def _typed_lately(id_number, since):
    """Whether a slip with this ID number was filed lately; the number itself is kept nowhere."""
    slips = RepeatKey.objects.filter(id_hash=blind.blind_index("id", id_number), at__gte=since)
    return slips.exclude(referral__status=Status.WITHDRAWN).exists()


def look(*, by, phone="", id_number="", client_id=None):
    """Answer the form's question before it is saved: True when a warning is due.

    Counted and logged without the number, the same numbers within ten minutes once; past the day's cap it
    refuses, so that it does not become a way to find out who banks here.
    """
    permissions.require(by, Permission.FILE_REFERRAL)
    asked = _digest(phone, id_number, client_id)
    again = _just_asked(by, asked)
    if not again and is_spent(by):
        raise Refused(
            _("Too many look-ups today; file the referral, it is checked all the same."),
            code="cap",
        )
    warned = may_be_repeat(phone=phone, id_number=id_number, client_id=client_id)
    if not again:
        _remember(by, asked, warned=warned)
    return warned


def is_spent(by):
    """Whether `by` has used up the look-ups of the day; warnings on cards count too."""
    midnight = datetime.datetime.combine(clock.today(), datetime.time(), tzinfo=BANK_TIME)
    return RepeatCheck.objects.filter(by=by, at__gte=midnight).count() >= REPEAT_CHECKS_A_DAY


def is_past_cap(card, *, by):
    """Whether a card with a number comes after the day's last look, and was not itself looked up just now."""
    asked = _digest(card.phone, card.id_number, card.client_id)
    return bool(card.phone or card.id_number) and not _just_asked(by, asked) and is_spent(by)


def remember_warning(card, *, by):
    """A card met the warning, refused or overruled: a look like any other, unless it has been counted just now."""
    asked = _digest(card.phone, card.id_number, card.client_id)
    if not _just_asked(by, asked):
        # Past the cap it answers nothing: remembered, the next try of the same numbers would be let through.
        _remember(by, "" if is_spent(by) else asked, warned=True)


def keep_key(referral, id_number):
    """Know this ID number again while a repeat of the slip is warned of, without keeping the number."""
    put(RepeatKey(referral_id=referral.pk, id_hash=blind.blind_index("id", id_number), at=referral.filed_at))


def forget_keys():
    """Drop the digests of slips that no warning looks back to any more; returns how many."""
    return RepeatKey.objects.filter(at__lt=_since()).delete()[0]


def _remember(by, asked, *, warned):
    """Count a look and put it on record, without what was looked for."""
    RepeatCheck.objects.create(by=by, warned=warned)
    log("repeat_check", by=by)
    cache.set(f"repeat:{by.pk}", asked, ONE_LOOK)


def _just_asked(by, asked):
    """Whether `by` asked of just these numbers a moment ago: it has been counted."""
    return cache.get(f"repeat:{by.pk}") == asked


def _digest(*values):
    """The same numbers are known again by a keyed digest; the cache holds no number."""
    return salted_hmac("referrals.repeats", repr(values), algorithm="sha256").hexdigest()
