"""Duty in the lobby: the control on the desk and the register (W1-09)."""

import datetime
import json

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock

from .. import register
from ..actions import duty
from ..post import Post
from ..rules.duty import DUTY_TRANSITIONS


@require_GET
def post(request):
    """What one may do about the duty now, in the desk's dialog or as a page."""
    permissions.require(request.user, Permission.STAND_DUTY)
    context = {"post": Post(request.user, duty.outlet(request.user))}
    return htmx.render(request, "referrals/duty_post.html", "referrals/_duty_post.html", context)


@require_POST
def sign_in(request):
    """Begin one's duty with one tap."""
    duty.sign_in(by=request.user)
    return _done(request, _("You are on duty in the lobby"))


@require_POST
def step(request, pk, name):
    """One step of a shift: offer, accept, decline, take_back, leave, relieve."""
    note = request.POST.get("note", "")
    if name.replace("-", "_") not in DUTY_TRANSITIONS:
        raise Http404(name)
    if name == "offer":
        to = request.POST.get("to", "")
        duty.offer(pk, by=request.user, to=int(to) if to.isdecimal() and len(to) < 10 else 0, note=note)
        return _done(request, _("Offered; you stay on duty until it is accepted"))
    if name in ("leave", "relieve"):
        getattr(duty, name)(pk, by=request.user, note=note)
    else:
        {"accept": duty.accept, "decline": duty.decline, "take-back": duty.take_back}[name](
            pk, by=request.user
        )
    done = {
        "accept": _("You are on duty in the lobby"),
        "relieve": _("You are on duty in the lobby"),
        "decline": _("Declined; your colleague stays on duty"),
        "take-back": _("You stay on duty"),
        "leave": _("Your duty has ended"),
    }
    return _done(request, done[name])


def _done(request, text):
    """The desk asks how things stand; without scripts the desk comes back."""
    if not htmx.wants_fragment(request):
        messages.success(request, text)
        return htmx.redirect(request, reverse("referrals:desk"))
    news = {"rmflow:toast": {"text": text, "state": "met"}, "desk:changed": {}}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(news)})


@require_GET
def page(request):
    """The register of a branch: fourteen days of names, hand-overs, gaps, calls and answers."""
    user = request.user
    permissions.require(user, Permission.SEE_DUTY)
    branches = list(register.branches_of(user))
    branch = _branch(request, branches)
    now = clock.now()
    last = min(parse_date_or_none(request.GET.get("day")) or now.date(), now.date())
    found = register.days(user, branch, last, now) if branch else []
    context = {
        "branches": branches,
        "branch": branch,
        "days": found,
        "gap_minutes": sum(day.gap_minutes for day in found),
        "gap_count": sum(len(day.gaps) for day in found),
        "last": last,
        "today": now.date(),
        "earlier": last - datetime.timedelta(days=register.DAYS),
        "later": min(last + datetime.timedelta(days=register.DAYS), now.date()),
    }
    return render(request, "referrals/duty.html", context)


def _branch(request, branches):
    code = request.GET.get("branch")
    if code:
        return get_object_or_404(register.branches_of(request.user), code=code[:12])
    own = request.user.branch_id
    return next((b for b in branches if b.pk == own), branches[0] if branches else None)


def parse_date_or_none(text):
    """A date of our time, or None for what is none."""
    try:
        found = parse_date(text or "")
    except ValueError:
        return None
    return found if found and 2000 < found.year < 2100 else None
