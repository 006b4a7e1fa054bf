"""Every write on a person: registering, verdict, archive, owner. Other floors call these, never save."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.privacy import normal
from rmflow.privacy.models import ConsentBasis, PrivacyNotice
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays.clock import today
from rmflow.workflow import Refused

from . import names, rules
from .models import Archive, Client, FileSerial, TimelineEntry, Verdict
from .rules import ClientType, TimelineKind


def note(client, kind, *, by, branch=None, text="", data=None, link="", at=None):
    """Write one line of a person's timeline. `data` holds codes and numbers, never personal data."""
    return TimelineEntry.objects.create(
        client=client,
        kind=kind,
        at=at or timezone.now(),
        by=by,
        branch_id=branch.pk if branch else (by.branch_id if by else None),
        data=data or {},
        note=text,
        link=link,
    )


def match(*, name, phone="", id_kind="", id_number=""):
    """The one person these data already stand for, or None: by ID, or by phone and surname together.

    Bank-wide and silent: the caller must not show anything of what was found (W1-07).
    """
    if id_number:
        return Client.objects.with_id_number(id_number).filter(id_kind=id_kind).first()
    if not (phone and name):
        return None
    surname = names.surname(name)
    found = list(Client.objects.with_phone(phone).filter(name__startswith=surname)[:2])
    return found[0] if len(found) == 1 else None


@transaction.atomic
def register(
    *, by, branch, name="", salutation="", phone="", basis="", id_kind="", id_number=""
):
    """Find or create the person a slip speaks of; a phone comes with notice and basis (B-22).

    Arguments are normalised already. Raises Refused when a phone has no basis.
    """
    client = match(name=name, phone=phone, id_kind=id_kind, id_number=id_number)
    if client is not None:
        return client
    client = Client(branch=branch, salutation=salutation, created_by=by)
    client.put_name(name)
    if phone:
        _put_contact(client, phone=phone, basis=basis)
    if id_number:
        client.put_id_number(id_kind, id_number)
    client.save()
    note(client, TimelineKind.REGISTERED, by=by, branch=branch)
    return client


def _put_contact(client, *, phone, basis):
    """Set a phone together with the notice in force and its basis."""
    if basis not in ConsentBasis.values:
        raise Refused(_("Say on what basis the phone is kept."), field="notice_basis")
    client.put_phone(phone)
    notice = PrivacyNotice.objects.in_force(today())
    if notice is None:
        raise Refused(
            _("No privacy notice is in force; a phone cannot be kept."), field="phone"
        )
    client.notice_version = notice.version
    client.notice_at = timezone.now()
    client.notice_basis = basis


def _locked(client_id, *, by):
    """The client, locked, if `by` may see him or her; DoesNotExist (404) otherwise."""
    return (
        Client.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=client_id)
    )


def require_edit(client, *, by):
    """Own clients are changed by their manager or backup; unowned ones by their branch's managers."""
    permissions.require(by, Permission.EDIT_CLIENT)
    if client.owner_id and not client.is_looked_after_by(by):
        raise Refused(
            _("Only the client's manager or the backup may change this record.")
        )


@transaction.atomic
def change_contact(client_id, *, by, phone, basis):
    """Record a new phone with notice and basis."""
    client = _locked(client_id, by=by)
    require_edit(client, by=by)
    _put_contact(client, phone=normal.phone(phone), basis=basis)
    client.save()
    note(
        client,
        TimelineKind.CONSENT,
        by=by,
        data={"basis": basis, "version": client.notice_version},
    )
    return client


@transaction.atomic
def change(client_id, *, by, **fields):
    """Change plain facts of the record: name, salutation, birth date, occupation, education, address."""
    client = _locked(client_id, by=by)
    require_edit(client, by=by)
    if "name" in fields:
        client.put_name(normal.name(fields.pop("name")))
    for field, value in fields.items():
        setattr(client, field, value)
    client.full_clean(exclude=["pinyin", "initials"])
    client.save()
    note(client, TimelineKind.DATA, by=by, data={"fields": sorted(fields)})
    return client


@transaction.atomic
def complete(client, *, by, name="", salutation="", phone="", basis=""):
    """Fill in what a slip left open, never overwrite what is known; silent when nothing is new."""
    changed = []
    if name and (
        not client.name or (name.startswith(client.name) and name != client.name)
    ):
        client.put_name(name)
        changed.append("name")
    if salutation and not client.salutation:
        client.salutation = salutation
        changed.append("salutation")
    if phone and not client.phone:
        _put_contact(client, phone=phone, basis=basis)
        changed.append("phone")
    if changed:
        client.save()
        note(client, TimelineKind.DATA, by=by, data={"fields": changed})
    return client


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
    note(
        client,
        TimelineKind.VERDICT,
        by=by,
        branch=branch,
        text=reason,
        data={"type": type},
    )
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
    branch, year = client.branch, today().year
    FileSerial.objects.get_or_create(branch=branch, year=year)
    serial = FileSerial.objects.select_for_update().get(branch=branch, year=year)
    serial.last += 1
    serial.save(update_fields=["last"])
    archive = Archive.objects.create(
        client=client,
        file_no=rules.file_number(branch.code, year, serial.last),
        branch=branch,
        opened_by=by,
    )
    note(client, TimelineKind.ARCHIVE, by=by, data={"file_no": archive.file_no})
    return archive


def set_owner(client, *, owner, by):
    """Make `owner` the client's manager; the caller holds the lock and has checked the right."""
    client.owner = owner
    if client.backup_id == owner.pk:
        client.backup = None
    client.save(update_fields=["owner", "backup"])
    note(client, TimelineKind.OWNER, by=by, data={"owner": owner.name})


@transaction.atomic
def assign(client_id, *, owner, by):
    """Head or supervisor gives a client to a manager of the same branch."""
    client = _locked(client_id, by=by)
    permissions.require(by, Permission.ASSIGN_CLIENT, client.branch)
    if not permissions.scope(owner, Permission.WORK_FOLLOW_UP).covers(client.branch):
        raise Refused(_("Choose a manager of the client's branch."), field="owner")
    set_owner(client, owner=owner, by=by)
    return client


@transaction.atomic
def stop_contact(client, *, by):
    """Record that a person does not want to be contacted; the caller holds the lock."""
    client.do_not_contact = True
    client.save(update_fields=["do_not_contact"])
    note(client, TimelineKind.CONSENT, by=by, data={"do_not_contact": True})
