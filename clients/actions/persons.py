"""Registering a person and changing what is known of one."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.doors import idempotency
from rmflow.doors.rows import joined
from rmflow.doors.together import made
from rmflow.privacy import blind, normal
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent, ConsentBasis, PrivacyNotice
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.actions import custody
from rmflow.workflow import Refused

from .. import names, rules
from ..models import Client
from ..rules import TimelineKind
from . import custody as archive_register
from .timeline import note

#: Everything `change` may set; the rest has an action of its own.
PLAIN = ("name", "salutation", "birth_date", "occupation", "education", "marital_status", "address")


def match(*, name, phone=""):
    """The one person these data already stand for, or None: by phone and surname together.

    Bank-wide and silent: the caller must not show anything of what was found (W1-07).
    """
    if not (phone and name):
        return None
    found = list(Client.objects.with_phone(phone).filter(name__startswith=names.surname(name))[:2])
    return found[0] if len(found) == 1 else None


@transaction.atomic(savepoint=False)
def register(*, by, branch, name="", salutation="", phone="", basis="", apart=False):
    """Find or create the person a slip speaks of; a phone comes with notice and basis (B-22).

    Arguments are normalised already. Raises Refused when a phone has no basis or no notice is in force, whether
    or not the person is known. `apart`: always a new record; who is one and the same is found later (B-21).
    """
    client = None if apart else match(name=name, phone=phone)
    if client is not None:
        notice_in_force()
        return client
    client = _new(by=by, branch=branch, name=name, salutation=salutation)
    if phone:
        put_contact(client, phone=phone, basis=basis)
    made(client)
    note(client, TimelineKind.REGISTERED, by=by, branch=branch)
    return client


def _new(*, by, branch, name, salutation):
    client = Client(branch_id=branch.pk, salutation=salutation, created_by_id=by.pk)
    client.put_name(name)
    return joined(client, branch=branch, created_by=by)


def may_be_known(*, phone="", id_number=""):
    """Whether somebody anywhere in the bank has this phone or ID number; callers say no more than that."""
    same = Q()
    if phone:
        same |= Q(phone_hash=blind.blind_index("phone", phone))
    if id_number:
        same |= Q(id_hash=blind.blind_index("id", id_number))
    return bool(same) and Client.objects.filter(same).exists()


def _count_look(by):
    """Each look for a duplicate goes on record, whatever comes of it, and is capped (W1-07): it must
    not become a way to find out who banks here. Call it outside the transaction that may be undone."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    asked = AccessEvent.objects.filter(user=by, kind=AccessEvent.Kind.REPEAT_CHECK, at__gte=midnight)
    if asked.count() >= rules.REPEAT_CHECKS_A_DAY:
        raise Refused(_("Too many look-ups today; ask your head to register this person."), code="cap")
    log(AccessEvent.Kind.REPEAT_CHECK, by=by, object_type="clients.client")


def enrol(*, by, key="", **given):
    """A manager registers a person by hand and becomes the manager; returns the client's id.

    Once per `key` (rmflow.doors). Keywords as `_enrol`.
    """
    permissions.require(by, Permission.EDIT_CLIENT)
    if by.branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    permissions.require(by, Permission.EDIT_CLIENT, by.branch)
    if given.get("phone") or given.get("id_number"):
        _count_look(by)
    _status, answer = idempotency.once(by, key, given, lambda: (201, {"client": _enrol(by=by, **given).pk}))
    return answer["client"]


def _enrol(
    *, by, name, salutation="", phone="", basis="", id_kind="", id_number="", birth_date=None,
    occupation="", reason="",
):  # fmt: skip
    """The new client; `reason` overrules the warning that the person may be known."""
    if may_be_known(phone=phone, id_number=id_number) and not reason.strip():
        raise Refused(
            _("May already be looked after or referred lately; to register all the same, say why."),
            field="reason",
            code="known",
        )
    rules.check_birth_date(birth_date, today=clock.today())
    client = _new(by=by, branch=by.branch, name=normal.name(name), salutation=salutation)
    client.owner, client.birth_date, client.occupation = by, birth_date, occupation
    if id_number:
        put_identity(client, id_kind, id_number)
    if phone:
        put_contact(client, phone=phone, basis=basis)
    try:
        with transaction.atomic():
            client.save()
    except IntegrityError as error:
        raise _taken(error) from None
    note(client, TimelineKind.REGISTERED, by=by, branch=by.branch, text=reason.strip())
    return client


def _taken(error):
    """The ID number is someone's: said in the words of the constraint; anything else is a fault."""
    if "client_id_once" not in str(error):
        raise error
    return Refused(_("This ID number is already on record."), field="id_number", code="taken")


def notice_in_force():
    """The notice clients are told today; Refused when there is none, known person or not."""
    notice = PrivacyNotice.objects.in_force(clock.today())
    if notice is None:
        raise Refused(_("No privacy notice is in force; a phone cannot be kept."), field="phone")
    return notice


def put_contact(client, *, phone, basis):
    """Set a phone together with the notice in force and its basis (B-22)."""
    today = clock.today()
    if basis not in ConsentBasis.values:
        raise Refused(_("Say on what basis the phone is kept."), field="notice_basis")
    rules.check_basis(basis, client.birth_date, today=today)
    client.put_phone(phone)
    notice = notice_in_force()
    client.notice_version = notice.version
    client.notice_at = timezone.now()
    client.notice_basis = basis


def put_identity(client, kind, number):
    """Set the ID number; a resident's card also tells the date of birth."""
    kind = kind or normal.IdKind.RESIDENT
    number = normal.id_number(number, kind, today=clock.today())
    client.put_id_number(kind, number)
    if kind == normal.IdKind.RESIDENT and number and client.birth_date is None:
        client.birth_date = rules.born_on(number)


def locked(client_id, *, by):
    """The client, locked, if `by` may see him or her; DoesNotExist (404) otherwise."""
    return (
        Client.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("branch")
        .get(pk=client_id)
    )


def require_edit(client, *, by):
    """Own clients are changed by their manager or backup; unowned ones by their branch's managers."""
    permissions.require(by, Permission.EDIT_CLIENT)
    if not client.may_be_edited_by(by):
        raise Refused(_("Only the client's manager or the backup may change this record."))
    if client.erased_at:
        raise Refused(_("The data of this client were made anonymous; nothing is left to ask about."))
    if client.restricted_at:
        raise Refused(_("Use of these data is restricted at the client's request."), code="restricted")
    custody.require_unsealed(client.branch_id)


@transaction.atomic
def change_contact(client_id, *, by, phone, basis):
    """Record a new phone with notice and basis."""
    client = locked(client_id, by=by)
    require_edit(client, by=by)
    put_contact(client, phone=normal.phone(phone), basis=basis)
    client.save()
    log(AccessEvent.Kind.CHANGE, by=by, obj=client, fields=["phone"])
    archive_register.updated(client, by=by, fields=["phone"])
    data = {"basis": basis, "version": client.notice_version}
    note(client, TimelineKind.CONSENT, by=by, data=data)
    return client


def change_identity(client_id, *, by, kind, number):
    """Record the ID number of a document, checked; one number stands for one person in the bank."""
    _count_look(by)
    try:
        with transaction.atomic():
            client = locked(client_id, by=by)
            require_edit(client, by=by)
            put_identity(client, kind, number)
            client.save()
            log(AccessEvent.Kind.CHANGE, by=by, obj=client, fields=["id_number"])
            archive_register.updated(client, by=by, fields=["id_number"])
            note(client, TimelineKind.DATA, by=by, data={"fields": ["id_number"]})
    except IntegrityError as error:
        raise _taken(error) from None
    return client


@transaction.atomic
def change(client_id, *, by, **facts):
    """Change plain facts of the record (`PLAIN`); what is not named stays, equal values leave no trace."""
    client = locked(client_id, by=by)
    require_edit(client, by=by)
    unknown = set(facts) - set(PLAIN)
    if unknown:
        raise TypeError(f"change() does not set {sorted(unknown)}")
    if "name" in facts:
        facts["name"] = normal.name(facts["name"])
        if client.name and not facts["name"]:
            raise Refused(_("A name on record is corrected, not taken away."), field="name")
    changed = sorted(field for field, value in facts.items() if getattr(client, field) != value)
    if not changed:
        return client
    for field in changed:
        client.put_name(facts[field]) if field == "name" else setattr(client, field, facts[field])
    rules.check_birth_date(client.birth_date, today=clock.today())
    try:
        client.clean_fields(exclude={f.name for f in client._meta.fields} - set(changed))
    except ValidationError as error:
        raise Refused.many({field: texts[0] for field, texts in error.message_dict.items()}) from None
    client.save()
    log(AccessEvent.Kind.CHANGE, by=by, obj=client, fields=changed)
    archive_register.updated(client, by=by, fields=changed)
    note(client, TimelineKind.DATA, by=by, data={"fields": changed})
    return client


@transaction.atomic
def complete(client, *, by, name="", salutation="", phone="", basis=""):
    """Fill in what a slip left open, never overwrite what is known; silent when nothing is new."""
    changed = []
    if name and (not client.name or (name.startswith(client.name) and name != client.name)):
        client.put_name(name)
        changed.append("name")
    if salutation and not client.salutation:
        client.salutation = salutation
        changed.append("salutation")
    if phone and not client.phone:
        put_contact(client, phone=phone, basis=basis)
        changed.append("phone")
    if changed:
        client.save()
        note(client, TimelineKind.DATA, by=by, data={"fields": changed})
    return client


@transaction.atomic
def stop_contact(client, *, by):
    """Record that a person does not want to be contacted; the caller holds the lock."""
    client.do_not_contact = True
    client.save(update_fields=["do_not_contact"])
    note(client, TimelineKind.CONSENT, by=by, data={"do_not_contact": True})
