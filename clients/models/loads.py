"""Files taken over from the core system: the history of loads, saved column maps, what a load replaced."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..load_rules import OPEN, FileKind, LoadSource, LoadState

USER = settings.AUTH_USER_MODEL


class ColumnMap(models.Model):
    """A column map saved in the browser; those shipped lie in `clients/maps/` and have the same body."""

    name = models.CharField(_("Name"), max_length=60, unique=True)
    kind = models.CharField(_("Kind of file"), max_length=10, choices=FileKind)
    #: Files whose names match are loaded from the inbox without being asked: "balances_*.csv".
    pattern = models.CharField(_("File name pattern"), max_length=80, blank=True)
    body = models.JSONField(default=dict)
    saved_by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Column map")
        verbose_name_plural = _("Column maps")
        ordering = ["kind", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=FileKind.values),
                name="column_map_kind_known",
                violation_error_message=_("Choose the kind of file."),
            ),
            models.UniqueConstraint(
                fields=["pattern"],
                condition=~Q(pattern=""),
                name="column_map_pattern_once",
                violation_error_message=_("Another map has this file name pattern."),
            ),
        ]

    def __str__(self):
        return self.name


class FileLoadQuerySet(models.QuerySet):
    """Loads, as the history asks for them."""

    def last_done(self, kind):
        """The load of `kind` that an undo would take back: the newest one in force."""
        in_force = (LoadState.DONE, LoadState.UNDOING)
        return self.filter(kind=kind, state__in=in_force).order_by("-finished_at", "-pk").first()


class FileLoad(models.Model):
    """One file: where it lies, by which map it is read, what it did. Never deleted: rows name it."""

    kind = models.CharField(_("Kind of file"), max_length=10, choices=FileKind, blank=True)
    name = models.CharField(_("File"), max_length=120)
    #: Where it lies, below the loads folder; "" once it was loaded and removed, or given up.
    stored = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(_("Size"))
    source = models.CharField(_("Source"), max_length=8, choices=LoadSource)
    map_name = models.CharField(_("Column map"), max_length=80, blank=True)
    map_body = models.JSONField(default=dict, blank=True)
    state = models.CharField(_("State"), max_length=8, choices=LoadState, default=LoadState.WAITING)
    #: What went wrong with the whole file, for a person; never quotes a cell.
    fault = models.CharField(max_length=300, blank=True)
    rows = models.IntegerField(_("Rows"), default=0)
    new = models.IntegerField(_("New"), default=0)
    changed = models.IntegerField(_("Changed"), default=0)
    unchanged = models.IntegerField(_("Unchanged"), default=0)
    refused = models.IntegerField(_("Refused"), default=0)
    #: Rows of a second table a file of clients brings along, what an undo did, what a check found.
    more = models.JSONField(default=dict, blank=True)
    month = models.DateField(_("Month"), null=True, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(pgettext_lazy("file", "Received"), default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    #: The context all history rows of this load carry.
    context = models.UUIDField(null=True)

    objects = FileLoadQuerySet.as_manager()

    class Meta:
        verbose_name = _("Load of a file")
        verbose_name_plural = _("Loads of files")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["sha256"], name="file_load_sha256"),
            models.Index(
                fields=["state"],
                name="file_load_open",
                condition=Q(state__in=OPEN),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="", state__in=("waiting", "failed", "dropped"))
                | Q(kind__in=FileKind.values),
                name="file_load_kind_known",
                violation_error_message=_("Choose the kind of file."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=LoadState.values),
                name="file_load_state_known",
                violation_error_message=_("A load has one of the known states."),
            ),
            models.CheckConstraint(
                condition=~Q(state="undone") | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="file_load_undone_by_somebody",
                violation_error_message=_("An undo has a name and a time."),
            ),
        ]

    def __str__(self):
        return self.name


class Replaced(models.Model):
    """What a row of balances or holdings said before a load changed it: the journal of an undo."""

    load = models.ForeignKey(FileLoad, models.CASCADE, related_name="replaced", db_index=False)
    kind = models.CharField(max_length=10, choices=FileKind)
    row_id = models.BigIntegerField()
    before = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["load", "kind", "row_id"], name="replaced_once")]
