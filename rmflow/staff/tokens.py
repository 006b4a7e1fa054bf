"""Who calls the API by token: held to what a login is held to."""

import hashlib
import secrets

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, UnsupportedMediaType

from . import passwords, second_factor

LENGTH = 40  # characters of the key column: 160 bits of a digest


def new_key():
    """(what the owner is told once, what the table keeps): who reads the table cannot call the API."""
    told = secrets.token_hex(LENGTH // 2)
    return told, kept(told)


def kept(told):
    return hashlib.sha256(told.encode()).hexdigest()[:LENGTH]


class StaffToken(TokenAuthentication):
    """A token opens nothing while its owner owes a new password or the second factor's phone."""

    def authenticate_credentials(self, key):
        user, token = super().authenticate_credentials(kept(key))
        if user.must_change_password or passwords.is_too_old(user, timezone.now()):
            raise AuthenticationFailed(_("Choose a new password first."))
        if second_factor.required(user) and not second_factor.enrolled(user):
            raise AuthenticationFailed(_("Log in with the second factor first."))
        return user, token


class StaffSession(SessionAuthentication):
    """A browser's session: its CSRF token comes in the header, since a form's body is never read here."""

    def enforce_csrf(self, request):
        try:
            super().enforce_csrf(request)
        except UnsupportedMediaType as problem:  # a form, looked into for its token
            raise PermissionDenied(_("The page is too old; load it again.")) from problem


class StaffSessionScheme(SessionScheme):
    """How the API's description names it; found by being a subclass."""

    target_class = "rmflow.staff.tokens.StaffSession"
