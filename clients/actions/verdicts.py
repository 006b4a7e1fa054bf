"""Type, archive and manager of a person (deck 22–23)."""

from django.db import transaction
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import rules
from ..models import Archive, FileSerial, Verdict
from ..rules import ClientType, TimelineKind
from .persons import locked
from .timeline import note


@transaction.atomic
def decide(client, *, by, type, level="", reason="", source_key="", branch=None):
    """Write a verdict row and the type it gives; the caller holds the client's lock."""
    rules.check_verdict(type, level)
    branch = branch or client.branch
    verdict = Verdict.objects.create(
        client=client,
        type=type,
        level=level,
        type_before=client.type,
        reason=reason,
        branch=branch,
        by=by,
        source_key=source_key,
    )
    client.type, client.level = type, level
    client.save(update_fields=["type", "level"])
    note(client, TimelineKind.VERDICT, by=by, branch=branch, text=reason, data={"type": type})
    if type == ClientType.EXISTING_PREMIUM:
        open_archive(client, by=by)
    return verdict


@transaction.atomic
def open_archive(client, *, by):
    """Open the file of a premium client and give it an owner, once (deck 23)."""
    if client.owner_id is None:
        set_owner(client, owner=by, by=by)
    existing = Archive.objects.filter(client=client).first()
    if existing:
        return existing
    branch, year = client.branch, clock.today().year
    archive = Archive.objects.create(
        client=client,
        file_no=rules.file_number(branch.code, year, next_serial(branch, year, FileSerial.Kind.ARCHIVE)),
        branch=branch,
        opened_by=by,
    )
    note(client, TimelineKind.ARCHIVE, by=by, data={"file_no": archive.file_no})
    return archive


def next_serial(branch, year, kind):
    """The next number of its kind at a branch in a year; others wait until this one commits or is undone."""
    FileSerial.objects.get_or_create(branch=branch, year=year, kind=kind)
    serial = FileSerial.objects.select_for_update().get(branch=branch, year=year, kind=kind)
    serial.last += 1
    serial.save(update_fields=["last"])
    return serial.last


def set_owner(client, *, owner, by):
    """Make `owner` the client's manager; the caller holds the lock and has checked the right."""
    client.owner = owner
    if client.backup_id == owner.pk:
        client.backup = None
    client.save(update_fields=["owner", "backup"])
    note(client, TimelineKind.OWNER, by=by, data={"owner": owner.name})


@transaction.atomic
def assign(client_id, *, owner, by, backup=None):
    """Head or supervisor gives a client to a manager of the same branch, with a backup or none."""
    client = locked(client_id, by=by)
    permissions.require(by, Permission.ASSIGN_CLIENT, client.branch)
    for field, person in (("owner", owner), ("backup", backup)):
        if person and not permissions.scope(person, Permission.WORK_FOLLOW_UP).covers(client.branch):
            raise Refused(_("Choose a manager of the client's branch."), field=field)
    if backup and backup.pk == owner.pk:
        raise Refused(_("The backup must be another person than the manager."), field="backup")
    if client.owner_id != owner.pk:
        set_owner(client, owner=owner, by=by)
    if client.type == ClientType.EXISTING_PREMIUM:
        open_archive(client, by=by)
    if client.backup_id != (backup.pk if backup else None):
        client.backup = backup
        client.save(update_fields=["backup"])
        note(client, TimelineKind.OWNER, by=by, data={"backup": backup.name if backup else ""})
    return client
