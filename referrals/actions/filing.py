"""Filing a slip and withdrawing it (deck 17–19, W1-03 to W1-05, W1-07, B-04)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clients import actions as clients
from clients.rules import TimelineKind, addressed_as
from followups import actions as followups
from rmflow.doors.idempotency import once
from rmflow.doors.rows import joined
from rmflow.doors.together import made, put
from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock
from rmflow.workdays.actions import business_day
from rmflow.workflow import Refused

from .. import rules
from ..models import Referral, ReferralEvent
from ..rules import End, Guidance, Reception, SourceChannel, Status
from . import people, repeats, steps

#: Which channel a role's slip counts under, unless the person holds a stronger one.
CHANNELS = {
    Role.LOBBY_MANAGER: SourceChannel.LOBBY,
    Role.TELLER: SourceChannel.COUNTER,
    Role.PHONE_AGENT: SourceChannel.PHONE_BANK,
    Role.EBANK_MANAGER: SourceChannel.E_BANK,
    Role.MARKETING_MANAGER: SourceChannel.MARKETING,
    Role.WEALTH_MANAGER: SourceChannel.MANAGER,
}

ASKED = gettext_noop("{client} wants to be contacted on {day}. Referred by {referrer}.")
#: Only the manager hears that a person is on record as not to be contacted; the sender does not (W1-07).
ASKED_BUT_STOPPED = gettext_noop(
    "{client} asked for a contact on {day}, but is on record as not to be contacted: only with new consent."
    " Referred by {referrer}."
)


def file_once(card, *, by, key, body):
    """File a card once per key; returns the slip.

    Not atomic as a whole: a warning that refuses the card goes on record like a look (W1-07).
    """
    filed = []

    def produce():
        filed.append(_file(card, by=by))
        return 201, {"id": filed[0].pk}

    try:
        _status, answer = once(by, key, body, produce, batched=True)
    except Refused as refusal:
        if refusal.code == "repeat":
            repeats.remember_warning(card, by=by)
        raise
    return filed[0] if filed else Referral.objects.select_related("manager").get(pk=answer["id"])


def file(card, *, by):
    """`_file` in a transaction of its own."""
    with transaction.atomic():
        return _file(card, by=by)


def _file(card, *, by):
    """File one slip from a `rules.Card`; returns the Referral.

    The slip belongs to the open business day of the branch worked in. Raises Refused naming each
    input at fault; "repeat" when a repeat is suspected and no reason was given (W1-07).
    """
    permissions.require(by, Permission.FILE_REFERRAL)
    rules.check_card(card, today=clock.today(), now=clock.now())
    branch = people.receiving_branch(card, by=by)
    sender_branch = people.own_outlet(by) or branch
    manager = people.manager_of(card, branch=branch, sender_branch=sender_branch)
    client = people.person_of(card, by=by, branch=branch)
    if card.client_id is not None and card.guidance == Guidance.MANAGER:
        people.check_keeper(client, manager)
    referral = _write(card, client, manager, by=by, branch=branch, sender_branch=sender_branch)
    put(
        ReferralEvent(
            referral_id=referral.pk,
            name="file",
            state_to=referral.status,
            by_id=by.pk,
            manager_id=referral.manager_id,
        )
    )
    if card.id_number:
        repeats.keep_key(referral, card.id_number)
    clients.note(
        client,
        TimelineKind.REFERRED,
        by=by,
        branch=branch,
        data={"cues": card.cues},
        at=referral.filed_at,
    )
    if referral.status == Status.TO_FOLLOW_UP and manager is not None:
        open_follow_up(referral, by=by)
    tell(referral, by=by)
    return referral


def acting_role(user, branch):
    """The role under which a slip counts: the one in use if it may file, else the first that may."""
    may = [
        holding.role
        for holding in user.holdings
        if Permission.FILE_REFERRAL in permissions.ROLE_PERMISSIONS[holding.role]
    ]
    return user.role_in_use if user.role_in_use in may else may[0]


def _write(card, client, manager, *, by, branch, sender_branch):
    """The row itself, with its credit snapshot (B-04)."""
    now = timezone.now()
    waits = card.end == End.INTRODUCE
    role = acting_role(by, sender_branch)
    day = business_day(sender_branch, by=by)
    slip = Referral(
        day_id=day.pk,
        branch_id=branch.pk,
        referrer_id=by.pk,
        referrer_role=role,
        home_branch_id=by.home_branch_id,
        sender_branch_id=sender_branch.pk,
        client_id=client.pk,
        addressed_as=addressed_as(card.name, card.salutation)
        if card.name or card.salutation
        else client.addressed_as,
        cues=card.cues,
        business=card.business,
        needs=card.needs,
        assets=card.assets,
        source_channel=CHANNELS[role],
        status=card.status,
        reception=Reception.WAITING if waits else Reception.NONE,
        guidance=card.guidance,
        manager_id=manager and manager.pk,
        place=card.place,
        card_given=card.end == End.CARD,
        agreed_on=card.agreed_on,
        agreed_at=card.agreed_at,
        agreed_channel=card.agreed_channel,
        repeat_reason=card.repeat_reason,
        note=card.note,
        referred_at=card.referred_at or now,
        filed_at=now,
        waiting_since=(card.referred_at or now) if waits else None,
    )
    joined(slip, day=day, branch=branch, referrer=by, sender_branch=sender_branch, client=client)
    return made(joined(slip, manager=manager))


def open_follow_up(referral, *, by):
    """待跟进: the slip becomes the manager's follow-up record; nothing is retyped (W1-10)."""
    referral.follow_up = followups.open_record(
        referral.client,
        referral.manager,
        by=by,
        branch=referral.branch,
        source_key=f"referral:{referral.pk}",
        referrer=referral.referrer,
        agreed_on=referral.agreed_on,
        agreed_at=referral.agreed_at,
        channel=referral.agreed_channel,
        purpose="、".join(str(label) for label in [*referral.cue_labels, *referral.need_labels])[:200],
        needs="、".join(str(label) for label in referral.need_labels),
    )
    referral.save(update_fields=["follow_up"])


def tell(referral, *, by):
    """Tell those who have to act: the manager named, else the branch's managers and lobby managers."""
    if referral.reception == Reception.WAITING:
        notify(
            [referral.manager],
            "waiting",
            gettext_noop("{client} is waiting for you. Referred by {referrer}."),
            key=f"referral:{referral.pk}:waiting:{referral.manager_id}",
            link="/today/",
            urgent=True,
            params={"client": referral.addressed_as, "referrer": by.name},
        )
    elif referral.status == Status.TO_FOLLOW_UP:
        told = (
            [referral.manager]
            if referral.manager_id
            else list(User.objects.holding_at(referral.branch_id, Role.WEALTH_MANAGER, Role.LOBBY_MANAGER))
        )
        stopped = referral.manager_id and referral.client.do_not_contact
        notify(
            [person for person in told if person.pk != by.pk],
            "to_follow_up",
            ASKED_BUT_STOPPED if stopped else ASKED,
            key=f"referral:{referral.pk}:to_follow_up",
            link="/referrals/" if referral.manager_id is None else "/today/",
            params={
                "client": referral.addressed_as,
                "referrer": by.name,
                "day": referral.agreed_on,
            },
        )


@transaction.atomic
def withdraw(referral_id, *, by, reason):
    """The sender takes a slip back, with a reason, while nobody has met the client."""
    referral = Referral.objects.made_by(by).select_for_update(of=("self",), no_key=True).get(pk=referral_id)
    steps.allow("withdraw", referral, by=by)
    if not reason.strip():
        raise Refused(_("Say why the referral is withdrawn."), field="note")
    before, referral.status = referral.status, rules.STATUS_TRANSITIONS["withdraw"].target
    referral.reception = Reception.LEFT if referral.reception != Reception.NONE else Reception.NONE
    referral.save(update_fields=["status", "reception"])
    ReferralEvent.objects.create(
        referral=referral,
        name="withdraw",
        state_from=before,
        state_to=referral.status,
        by=by,
        note=reason,
    )
    if referral.follow_up_id:
        followups.take_back(referral.follow_up_id, source_key=f"referral:{referral.pk}", by=by, reason=reason)
    clients.note(
        referral.client,
        TimelineKind.WITHDRAWN,
        by=by,
        branch=referral.branch,
        text=reason,
    )
    if referral.manager_id and referral.manager_id != by.pk:
        notify(
            [referral.manager],
            "withdrawn",
            gettext_noop("The referral of {client} was withdrawn."),
            key=f"referral:{referral.pk}:withdrawn",
            link="/today/",
            params={"client": referral.addressed_as},
        )
    return referral
