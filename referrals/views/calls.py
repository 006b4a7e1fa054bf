"""客流高峰: calling for help and answering (W1-08)."""

import datetime
import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock

from ..actions import calls
from ..models import CrowdCall
from ..post import ANSWERS, calls_for

MOST = 100
DAYS = 30


@require_GET
def page(request):
    """Calls of one's branches: the open ones to answer, then the last thirty days."""
    permissions.require(request.user, Permission.SEE_DUTY)
    since = clock.now() - datetime.timedelta(days=DAYS)
    found = CrowdCall.objects.visible_to(request.user).filter(at__gte=since)
    context = {
        "open_calls": calls_for(request.user),
        "answers": ANSWERS,
        "calls": list(found.select_related("by", "answered_by", "over_by", "branch").order_by("-at")[:MOST]),
    }
    return render(request, "referrals/calls.html", context)


@require_GET
def strip(request):
    """The strip over every page of those who answer; empty while nobody calls."""
    permissions.require(request.user, Permission.ANSWER_CALL)
    context = {"open_calls": calls_for(request.user), "answers": ANSWERS}
    return render(request, "referrals/_call_strip.html", context)


@require_POST
def call(request):
    """One tap: head and supervisors are told."""
    calls.call(by=request.user)
    return _done(request, _("Head and supervisor were told"), "referrals:desk")


@require_POST
def answer(request, pk):
    """One tap: the caller sees who comes."""
    calls.answer(pk, by=request.user, answer=request.POST.get("answer", ""))
    return _done(request, _("The lobby was told"), "referrals:calls")


@require_POST
def over(request, pk):
    """The caller needs no help any more."""
    calls.take_back(pk, by=request.user)
    return _done(request, _("Help is no longer asked for"), "referrals:desk")


def _done(request, text, address):
    if not htmx.wants_fragment(request):
        messages.success(request, text)
        return htmx.redirect(request, reverse(address))
    news = {"rmflow:toast": {"text": text, "state": "met"}, "desk:changed": {}}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(news)})
