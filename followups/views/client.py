"""What comes next for a person: the block of follow-ups on the client's page (clients stand a floor below)."""

from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from clients.models import Client
from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays.rules import chip, day_text

from .. import stats
from .rows import ICONS, Moment


@never_cache
@require_GET
def next_step(request, client_id):
    """The next item, the meeting agreed, the last contact, and the one thing the reader may do about it."""
    user = request.user
    client = Client.objects.visible_to(user).select_related("owner").get(pk=client_id)
    if not user.has(Permission.SEE_FOLLOW_UPS):
        permissions.require(user, Permission.WORK_FOLLOW_UP)
    if not htmx.wants_fragment(request):
        return redirect(f"/clients/{client.pk}/")
    moment = Moment(user)
    item, meeting, contact = stats.next_of(client, user)
    mine = item is not None and item.owner_id == user.pk
    context = {
        "client": client,
        "item": _item(item, moment) if item else None,
        "meeting": _meeting(meeting, moment) if meeting else None,
        "contact": _contact(contact, moment) if contact else None,
        "looked_after_by": "" if item or client.owner_id in (None, user.pk) else client.owner.name,
        "record_url": item.link or f"/today/{item.pk}/" if mine else "",
        "may_plan": not item and _may_plan(client, user),
    }
    return render(request, "followups/_next_step.html", context)


def _may_plan(client, user):
    """Whether `user` may put a contact with this person on the own plan."""
    return (
        user.has(Permission.WORK_FOLLOW_UP)
        and not client.do_not_contact
        and stats.own_clients(user).filter(pk=client.pk).exists()
    )


def _item(item, moment):
    return {
        "chip": chip(item.plan_on, moment.today, moment.calendar),
        "icon": ICONS.get(item.channel, "checklist"),
        "words": [
            word
            for word in (
                f"{item.at:%H:%M}" if item.at else "",
                moment.channels.get(item.channel, "") or moment.kinds[item.kind],
                item.purpose,
            )
            if word
        ],
        "owner": "" if item.owner_id == moment.user.pk else item.owner.name,
    }


def _meeting(meeting, moment):
    starts, ends = (at.astimezone(BANK_TIME) for at in (meeting.starts_at, meeting.ends_at))
    return {
        "day": day_text(starts.date(), moment.today),
        "hours": f"{starts:%H:%M}–{ends:%H:%M}",
        "purpose": meeting.purpose,
        "manager": "" if meeting.manager_id == moment.user.pk else meeting.manager.name,
    }


def _contact(contact, moment):
    return {
        "at": contact.at,
        "day": day_text(contact.at.astimezone(BANK_TIME).date(), moment.today),
        "icon": ICONS.get(contact.channel, "phone"),
        "words": [moment.channels[contact.channel], moment.results[contact.result]],
        "by": contact.by.name,
    }
