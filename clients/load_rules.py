"""Kinds of files, where they come from, and what becomes of them. Pure: the models read it."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class FileKind(TextChoices):
    """What the rows of a file are."""

    CLIENTS = "clients", pgettext_lazy("kind of file", "Clients")
    BALANCES = "balances", pgettext_lazy("kind of file", "Monthly balances")
    HOLDINGS = "holdings", pgettext_lazy("kind of file", "Holdings")


class LoadSource(TextChoices):
    """By which door a file came."""

    UPLOAD = "upload", _("Browser")
    INBOX = "inbox", _("Inbox folder")
    COMMAND = "command", _("Command line")


class LoadState(TextChoices):
    """waiting → (checking → waiting) → queued → running → done | failed; done → undoing → undone."""

    WAITING = "waiting", pgettext_lazy("load", "Waiting for a preview")
    CHECKING = "checking", pgettext_lazy("load", "Checking")
    QUEUED = "queued", pgettext_lazy("load", "In the queue")
    RUNNING = "running", pgettext_lazy("load", "Loading")
    DONE = "done", pgettext_lazy("load", "Loaded")
    REPEATED = "repeated", pgettext_lazy("load", "Loaded before, nothing done")
    FAILED = "failed", pgettext_lazy("load", "Failed")
    UNDOING = "undoing", pgettext_lazy("load", "Being undone")
    UNDONE = "undone", pgettext_lazy("load", "Undone")
    DROPPED = "dropped", pgettext_lazy("load", "Given up")


#: A worker has it, or will.
OPEN = ("checking", "queued", "running", "undoing")
#: Its file is still here and may be read by another map.
RETRY = ("waiting", "failed")
