"""Wall screens: made by the head or the administrator, paired once by a link, read-only, revocable (B-17)."""

import datetime
import hashlib
import secrets

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission
from rmflow.workflow import Conflict, Refused

from ..models import BoardDevice

COOKIE = "board_screen"
PATH = "/board/"
PAIRING_LASTS = datetime.timedelta(minutes=30)
LASTS = datetime.timedelta(days=180)
SEEN_GRAIN = datetime.timedelta(minutes=1)
NAME_LENGTH = 40
LOOKS_A_MINUTE = 30
TRIES_A_MINUTE = 60


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make(branch, *, by, name):
    """A new screen and the secret of its link, which is shown once and never again."""
    permissions.require(by, Permission.KEEP_SCREENS, branch)
    if branch.kind != Branch.Kind.BRANCH:
        raise Refused(_("A board hangs in a branch that serves clients."), field="branch")
    name = name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise Refused(
            _("Say where the screen hangs, in at most {n} characters.").format(n=NAME_LENGTH), field="name"
        )
    secret, now = secrets.token_urlsafe(32), timezone.now()
    device = BoardDevice.objects.create(
        branch=branch,
        name=name,
        pairing_hash=digest(secret),
        pairing_until=now + PAIRING_LASTS,
        made_by=by,
        made_at=now,
        expires_at=now + LASTS,
    )
    return device, secret


def to_pair(secret):
    """The screen this link is for, while it may be paired; else None."""
    now = timezone.now()
    found = BoardDevice.objects.alive(now).filter(pairing_hash=digest(secret), pairing_until__gt=now)
    return found.select_related("branch").first()


@transaction.atomic
def pair(secret):
    """Use the link up; the screen and the token for its cookie."""
    now = timezone.now()
    found = BoardDevice.objects.alive(now).filter(pairing_hash=digest(secret), pairing_until__gt=now)
    device = found.select_related("branch").select_for_update(of=("self",)).first()
    if device is None:
        raise Conflict(_("This link was used already or is too old; ask for a new one."))
    token = secrets.token_urlsafe(32)
    device.pairing_hash, device.token_hash, device.paired_at = "", digest(token), now
    device.save(update_fields=["pairing_hash", "token_hash", "paired_at"])
    return device, token


def of_cookie(request):
    """The living screen whose cookie this is, or None; a wrong cookie counts as a try."""
    token = request.COOKIES.get(COOKIE, "")
    if not token or len(token) > 100:
        return None
    now = timezone.now()
    device = BoardDevice.objects.alive(now).filter(token_hash=digest(token)).select_related("branch").first()
    if device and (device.last_seen_at is None or device.last_seen_at < now - SEEN_GRAIN):
        BoardDevice.objects.filter(pk=device.pk).update(last_seen_at=now)
    return device


@transaction.atomic
def revoke(device_id, *, by):
    """End a screen; its next look finds the login."""
    device = BoardDevice.objects.visible_to(by).select_for_update(of=("self",)).get(pk=device_id)
    if device.revoked_at is None:
        device.revoked_at, device.revoked_by = timezone.now(), by
        device.save(update_fields=["revoked_at", "revoked_by"])
    return device


def too_often(what, most):
    """Whether `what` was asked for more than `most` times this minute; never when Valkey is away."""
    key = f"board:{what}:{timezone.now():%H%M}"
    cache.add(key, 0, 120)
    try:
        return cache.incr(key) > most
    except ValueError:
        return False
