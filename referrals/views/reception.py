"""A manager's clients in the lobby: the alert with the waiting time, the sheet of a reception (W1-06)."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clients.rules import ClientType
from rmflow.doors import htmx
from rmflow.doors.idempotency import key_of, once
from rmflow.privacy.models import PrivacyNotice
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock, current
from rmflow.workflow import Refused

from .. import actions, rows, stats
from ..forms import USUAL_HOUR, ReceptionForm
from ..rules import Reception
from .desk import new_key
from .slips import found, is_received


@require_GET
def waiting(request):
    """Who waits for this manager, in turn: a strip for the head of any page."""
    user = request.user
    permissions.require(user, Permission.WORK_REFERRAL)
    slips = stats.waiting_for(user)
    here = [slip for slip in slips if slip.reception == Reception.WAITING]
    people = stats.managers(user.branch_id, now=clock.now()) if here and user.branch_id else []
    context = {
        "first": here[0] if here else None,
        "others": here[1:],
        "receiving": [slip for slip in slips if slip.reception == Reception.ACCEPTED],
        "colleagues": [p for p in people if p.pk != user.pk and p.availability != p.Availability.OUT],
    }
    return htmx.render(request, "referrals/waiting.html", "referrals/_waiting.html", context)


@require_http_methods(["GET", "POST"])
def receive(request, pk):
    """The sheet of a reception: complete the person, decide the type, guide on."""
    user = request.user
    slip = found(user, pk)
    permissions.require(
        user, Permission.JUDGE_CLIENT
    )  # who received the client decides, on duty elsewhere too
    if not is_received(slip, user):
        return redirect("referrals:slip", pk=slip.pk)
    if request.method == "POST":
        return _save(request, slip)
    if slip.outcome is not None:
        return redirect("referrals:slip", pk=slip.pk)
    form = ReceptionForm(
        initial={"agreed_on": _next_day(), "agreed_at": USUAL_HOUR, "name": slip.client.name_for(user)}
        if slip.client.is_looked_after_by(user)
        else {"agreed_on": _next_day(), "agreed_at": USUAL_HOUR}
    )
    return _sheet(request, slip, form, key=new_key())


def _next_day():
    try:
        return current.calendar().add(clock.today(), 1)
    except Refused:
        return None


def _save(request, slip):
    """Verdict and onward guidance in one transaction, once however often it is sent."""
    form = ReceptionForm(request.POST)
    if not form.is_valid():
        return _sheet(request, slip, form, key=key_of(request), status=422)

    def produce():
        actions.judge(slip.pk, by=request.user, **form.verdict())
        if form.cleaned_data["onward"]:
            actions.guide_on(slip.pk, by=request.user, onward=form.cleaned_data["onward"])
        return 200, {"id": slip.pk}

    try:
        once(request.user, key_of(request), request.POST, produce)
    except Refused as refusal:
        form.add_refusal(refusal)
        return _sheet(request, found(request.user, slip.pk), form, key=key_of(request), status=422)
    messages.success(request, _saved(form.cleaned_data["type"]))
    return htmx.redirect(request, reverse("referrals:slip", args=[slip.pk]))


def _saved(chosen):
    if chosen == ClientType.EXISTING_PREMIUM:
        return _("Saved: an archive is open and you look after the client")
    if chosen == ClientType.ORDINARY:
        return _("Saved: diverted; the referrer has been told")
    return _("Saved: the first contact is on your plan")


def _sheet(request, slip, form, *, key, status=200):
    consequences = {
        ClientType.EXISTING_PREMIUM: _("An archive opens at once and you become the client's manager."),
        ClientType.EXISTING_POTENTIAL: _("A follow-up record opens; say when the first contact is."),
        ClientType.PROSPECTIVE_PREMIUM: _("A follow-up record opens; say when the first contact is."),
        ClientType.ORDINARY: _("Counted as diverted; the referrer is told, no new referral for 90 days."),
    }
    words = {ClientType.ORDINARY: _("Divert")}  # a client may see this screen (W1-02)
    types = [
        {"value": value, "label": words.get(value, label), "consequence": consequences[value]}
        for value, label in ClientType.choices[1:]
    ]
    context = {
        "slip": slip,
        "form": form,
        "key": key,
        "types": types,
        "badge": rows.badge(slip),
        "notice": PrivacyNotice.objects.in_force(clock.today()),
        "chosen": form["type"].value(),
        "has_phone": bool(slip.client.phone_hash),
    }
    return htmx.render(request, "referrals/receive.html", "referrals/_receive.html", context, status=status)
