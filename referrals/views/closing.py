"""The closing of the day: the lobby manager's screen and every step on it (B-03, design closing.png)."""

import datetime

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.doors.idempotency import key_of, once
from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission
from rmflow.workdays import actions as workdays
from rmflow.workdays import clock
from rmflow.workdays.models import BranchDay
from rmflow.workdays.rules import short_day

from .. import closing
from ..actions import closing as slips
from ..actions import closing_day as days
from ..closing_page import Page
from .desk import new_key


def outlet(user):
    """The branch worked in today, if it serves clients; None above the branches."""
    branch = user.branch
    return branch if branch is not None and branch.kind == Branch.Kind.BRANCH else None


def asked_day(request, branch):
    """The day of `?day=2026-10-08`, else the one that waits; 404 for a day that never was."""
    text = request.GET.get("day", "")
    try:
        date = datetime.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Http404 from error
    return closing.day_for(branch, date=date) if branch else None


@require_GET
def page(request):
    """Both columns of the day, differences first."""
    permissions.require(request.user, Permission.CLOSE_DAY)
    branch = outlet(request.user)
    if branch is not None:
        permissions.require(request.user, Permission.CLOSE_DAY, branch)
    day = asked_day(request, branch)
    if day is None:
        may_open = branch is not None and permissions.scope(request.user, Permission.OPEN_DAY).covers(branch)
        return render(request, "referrals/closing_none.html", {"branch": branch, "may_open": may_open})
    return _show(request, day)


def _show(request, day):
    found = Page(
        closing.Closing(day),
        request.user,
        chosen=request.GET.get("row", ""),
        everything=request.GET.get("all") == "1",
    )
    context = {"page": found, "day": day, "closing": found.closing, "key": new_key(), "today": clock.today()}
    return render(request, "referrals/closing.html", context)


def _done(request, day_id, text):
    """Back to the screen, at the next difference."""
    day = BranchDay.objects.get(pk=day_id)
    messages.success(request, text, extra_tags="met")
    return htmx.redirect(request, f"{reverse('referrals:closing')}?day={day.date:%Y-%m-%d}")


def _once(request, call):
    """Carry a submit out once, however often it is sent."""

    def produce():
        call()
        return 200, {}

    once(request.user, key_of(request), request.POST, produce)


def number(text):
    """A row number, or None; anything else a form may send is None."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


@require_POST
def open_day(request):
    """Begin the branch's business day; pressed twice, or after the first slip, it is the same day."""
    permissions.require(request.user, Permission.OPEN_DAY)
    branch = outlet(request.user)
    if branch is None:
        raise Branch.DoesNotExist
    day = workdays.open_day(branch, by=request.user)
    messages.success(
        request, _("{day} is open for business").format(day=short_day(day.date)), extra_tags="met"
    )
    return htmx.redirect(request, reverse("referrals:desk"))


@require_POST
def check_matched(request, day_id):
    """Check every slip on which both sides agree."""
    done = []
    _once(request, lambda: done.append(slips.check_matched(day_id, by=request.user)))
    n = done[0] if done else 0
    return _done(request, day_id, ngettext("{n} slip checked", "{n} slips checked", n).format(n=n))


@require_POST
def settle(request, day_id, pk):
    """Rule on one difference, or leave the slip over."""
    note = request.POST.get("note", "")
    if request.POST.get("do") == "carry":
        _once(request, lambda: slips.carry_over(day_id, pk, by=request.user, note=note))
        return _done(request, day_id, _("Left over; it comes back on the next day"))
    ruling = request.POST.get("ruling", "")
    _once(request, lambda: slips.settle(day_id, pk, by=request.user, ruling=ruling, note=note))
    return _done(request, day_id, _("Settled"))


@require_POST
def settle_unfiled(request, day_id, pk):
    """Rule on a client without a slip."""
    said = {"ruling": request.POST.get("ruling", ""), "note": request.POST.get("note", "")}
    said["referral_id"] = number(request.POST.get("referral", ""))
    _once(request, lambda: slips.settle_unfiled(day_id, pk, by=request.user, **said))
    return _done(request, day_id, _("Settled"))


@require_POST
def uncheck(request, day_id, pk):
    """Take a check back while the day is not locked."""
    note = request.POST.get("note", "")
    _once(request, lambda: slips.uncheck(day_id, pk, by=request.user, note=note))
    return _done(request, day_id, _("The check is taken back"))


@require_POST
def open_record(request, day_id, pk):
    """Open the follow-up record a slip lacks, for its manager."""
    _once(request, lambda: slips.open_missing_record(day_id, pk, by=request.user))
    return _done(request, day_id, _("Follow-up record opened"))


@require_POST
def box(request, day_id):
    """Record the look into opinion box and book."""
    found = {
        "box_found": number(request.POST.get("box_found", "0")) or 0,
        "book_found": number(request.POST.get("book_found", "0")) or 0,
        "witness_id": number(request.POST.get("witness", "")),
        "note": request.POST.get("note", ""),
    }
    _once(request, lambda: days.look_into_box(day_id, by=request.user, **found))
    return _done(request, day_id, _("Opinion box noted"))


@require_POST
def sign(request, day_id):
    """Sign one's own side."""
    side = "manager" if request.POST.get("side") == "manager" else "lobby"
    _once(request, lambda: days.confirm_side(day_id, by=request.user, side=side))
    if side == "manager" and request.POST.get("back") == "mine":
        messages.success(request, _("Signed"))
        return htmx.redirect(request, reverse("referrals:closing_mine"))
    return _done(request, day_id, _("Signed"))


@require_POST
def stand_in(request, day_id):
    """Sign for somebody absent, with a reason."""
    said = {
        "side": "manager" if request.POST.get("side") == "manager" else "lobby",
        "person_id": number(request.POST.get("person", "")),
        "reason": request.POST.get("reason", ""),
    }
    _once(request, lambda: days.stand_in(day_id, by=request.user, **said))
    return _done(request, day_id, _("Signed for your colleague"))


@require_POST
def lock(request, day_id):
    """Lock the day, or say everything that is open."""
    _once(request, lambda: days.lock(day_id, by=request.user))
    return _done(request, day_id, _("The day is locked"))


@require_POST
def reopen(request, day_id):
    """Open a locked day again, with a reason."""
    reason = request.POST.get("note", "")
    _once(request, lambda: days.reopen(day_id, by=request.user, reason=reason))
    return _done(request, day_id, _("The day is open again; lock it anew when it is right"))


@require_POST
def remind(request, day_id):
    """催办: remind a manager of what he has not answered or signed."""
    day = BranchDay.objects.select_related("branch").get(pk=day_id)
    permissions.require(request.user, Permission.CLOSE_DAY, day.branch)
    asked = [number(text) for text in request.POST.getlist("person")]
    found = closing.Closing(day)
    people = User.objects.active().filter(pk__in=[p for p in asked if p in found.picture.managers()])
    now = clock.now()
    notify(
        people,
        "closing",
        gettext_noop("{lobby} asks you to answer and sign the day's closing."),
        key=f"day:{day.pk}:remind:{now:%H%M}",
        link="/closing/mine/",
        urgent=True,
        params={"lobby": request.user.name},
    )
    return _done(request, day_id, _("Reminded"))


@require_POST
def release(request, day_id):
    """Release the branch's records from custody before the hour."""
    day = BranchDay.objects.select_related("branch").get(pk=day_id)
    permissions.require(request.user, Permission.KEEP_CUSTODY, day.branch)
    workdays.custody.release(day_id, by=request.user)
    return _done(request, day_id, _("Released from custody"))
