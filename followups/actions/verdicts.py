"""The manager's verdict (再识别, deck 22–23, 28): one action, whatever door it comes through."""

from django.db import transaction
from django.utils.translation import gettext_noop

from clients import actions as clients
from clients.models import Client
from clients.rules import TO_FOLLOW_UP, ClientType, check_verdict
from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role

from ..models import DayEntry, FollowUp
from . import log, plans, records

#: What the referrer and the lobby manager read; the type is a word of the bank, not of the client.
TOLD = {
    ClientType.EXISTING_PREMIUM: gettext_noop("{client} was judged existing premium; an archive is open."),
    ClientType.EXISTING_POTENTIAL: gettext_noop("{client} was judged existing potential and is followed up."),
    ClientType.PROSPECTIVE_PREMIUM: gettext_noop(
        "{client} was judged prospective premium and is followed up."
    ),
    ClientType.ORDINARY: gettext_noop(
        "{client} was judged not premium; please do not refer again for 90 days."
    ),
}


@transaction.atomic
def judge(
    client_id,
    *,
    by,
    type,
    level="",
    reason="",
    branch=None,
    referrer=None,
    source_key="",
    **first_contact,
):
    """Decide a person's type, with all that follows from it; returns (verdict, follow-up record or None).

    Existing premium → archive, owner, live records converted. Existing potential, prospective premium →
    a follow-up record with its first contact planned (`first_contact` goes to `open_record`).
    Ordinary → records end as not premium, plans drop. The referrer and the lobby manager are told.
    `branch` is given by callers that hold a slip of that branch in scope; without it the client must be
    visible to `by` (DoesNotExist otherwise). Raises Refused beside "type" or "level".
    """
    permissions.require(by, Permission.JUDGE_CLIENT)
    check_verdict(type, level)
    clients_in_reach = Client.objects if branch is not None else Client.objects.visible_to(by)
    client = clients_in_reach.select_for_update(of=("self",), no_key=True).get(pk=client_id)
    branch = branch or client.branch
    live = list(FollowUp.objects.filter(client=client).live().select_for_update(of=("self",)))
    source_key = source_key or (f"record:{live[0].pk}" if live else f"client:{client.pk}")
    verdict = clients.decide(
        client,
        by=by,
        type=type,
        level=level,
        reason=reason,
        source_key=source_key,
        branch=branch,
    )
    record = _follow_from(
        verdict,
        live,
        by=by,
        branch=branch,
        referrer=referrer,
        first_contact=first_contact,
    )
    log.enter(by, DayEntry.Kind.VERDICT, client=client, data={"type": type})
    _tell(verdict, [referrer, *(r.referrer for r in live)], by=by)
    return verdict, record


def _follow_from(verdict, live, *, by, branch, referrer, first_contact):
    """The consequences of a verdict for follow-up records and plans."""
    client = verdict.client
    if verdict.type in TO_FOLLOW_UP:
        if live:
            return next((r for r in live if r.manager_id == by.pk), live[0])
        return records.open_record(
            client,
            by,
            by=by,
            branch=branch,
            referrer=referrer,
            source_key=f"verdict:{verdict.pk}",
            **first_contact,
        )
    arrow = "convert" if verdict.type == ClientType.EXISTING_PREMIUM else "rule_out"
    for record in live:
        records.move(record, arrow, by=by, note=verdict.reason)
    if verdict.type == ClientType.ORDINARY:
        plans.drop_open(client=client, by=by, note="ordinary")
    return None


def _tell(verdict, referrers, *, by):
    """The verdict goes back to whoever referred and to the branch's lobby managers (W1-15)."""
    lobby = User.objects.holding_at(verdict.branch_id, Role.LOBBY_MANAGER)
    people = {u.pk: u for u in [*referrers, *lobby] if u is not None and u.pk != by.pk}
    notify(
        people.values(),
        "outcome",
        TOLD[verdict.type],
        key=f"verdict:{verdict.pk}",
        link="/referrals/",
        params={"client": verdict.client.addressed_as},
    )
