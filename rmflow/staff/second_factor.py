"""TOTP by django-otp: who needs it, enrolling with a QR code, recovery codes."""

from base64 import b32encode

import qrcode
from django.conf import settings
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from . import limits

QUIET_ZONE = 4  # modules of white around a QR code, by its standard


def required(user):
    """Whether `user` must pass a second step: by role (off in demo mode) or by own choice."""
    by_role = getattr(settings, "SECOND_FACTOR_REQUIRED", True) and user.needs_second_factor
    return by_role or enrolled(user)


def enrolled(user):
    return TOTPDevice.objects.devices_for_user(user, confirmed=True).exists()


@transaction.atomic
def check(user, code):
    """Whether `code` is right: the phone's present six digits or an unused recovery code.

    Each wrong one doubles the wait before the next is looked at (django-otp's throttle).
    """
    code = "".join(code.split()).lower()
    kind = TOTPDevice if code.isdigit() else StaticDevice
    devices = kind.objects.devices_for_user(user, confirmed=True).select_for_update()
    return any(device.verify_is_allowed()[0] and device.verify_token(code) for device in devices)


def pending_device(user):
    """The device being enrolled: the same secret until its first right code."""
    device = TOTPDevice.objects.devices_for_user(user, confirmed=False).first()
    return device or TOTPDevice.objects.create(user=user, name="phone", confirmed=False)


@transaction.atomic
def confirm(user, code):
    """Finish enrolling: ten recovery codes, shown once, or None when the code is wrong."""
    device = pending_device(user)
    if not device.verify_token("".join(code.split())):
        return None
    device.confirmed = True
    device.save()
    StaticDevice.objects.filter(user=user).delete()
    backup = StaticDevice.objects.create(user=user, name="recovery")
    codes = [StaticToken.random_token() for _ in range(limits.RECOVERY_CODES)]
    backup.token_set.bulk_create([StaticToken(device=backup, token=code) for code in codes])
    return codes


def forget(user):
    """Delete every device of `user`: the phone is lost, the next login enrols anew."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def secret_text(device):
    """The secret for typing, in groups of four."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def qr_code(device):
    """The QR code as one SVG path: {"size": modules a side, "path": "M4 4h1v1h-1z…"}."""
    code = qrcode.QRCode(border=QUIET_ZONE)
    code.add_data(device.config_url)
    rows = code.get_matrix()
    dark = [(x, y) for y, row in enumerate(rows) for x, on in enumerate(row) if on]
    return {"size": len(rows), "path": "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)}
