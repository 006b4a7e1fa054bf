"""The app, and the checks that run before anything else does."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    """Encrypted fields, masks, access log."""

    name = "rmflow.privacy"
    verbose_name = _("Privacy")

    def ready(self):
        checks.register(keys_are_usable, checks.Tags.security)


def keys_are_usable(app_configs, **kwargs):
    """Say at start-up, not at the first client, that a key is missing or malformed."""
    from . import blind, crypto

    problems = []
    for ask in (crypto.keyring, blind.key):
        try:
            ask()
        except crypto.BadKey as error:
            problems.append(checks.Error(str(error), id="privacy.E001"))
    return problems
