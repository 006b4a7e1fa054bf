"""One slip: its page, and the steps a person may make on it."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import actions, rows, rules, stats
from ..actions.steps import may
from ..forms import StepForm
from ..models import Referral
from ..rules import Guidance
from . import deals

RECEPTION = frozenset(rules.TRANSITIONS)


def found(user, pk):
    """The slip with everything its page shows; DoesNotExist (404) outside one's scope."""
    return (
        Referral.objects.visible_to(user)
        .select_related(
            "client__branch",
            "referrer",
            "manager",
            "branch",
            "sender_branch",
            "home_branch",
            "day",
            "follow_up",
        )
        .with_outcome()
        .get(pk=pk)
    )


@require_GET
def slip(request, pk):
    """The slip: state and next step, its columns, its history, the steps one may make."""
    return page(request, found(request.user, pk))


def page(request, slip, *, refusal=None, status=200, deal_form=None):
    """The slip's page; `deal_form` is one that was refused."""
    user = request.user
    allowed = {name: may(name, slip, user) for name in actions.STEPS}
    context = {
        "slip": slip,
        "name": rows.name(slip, user),
        "badge": rows.badge(slip),
        "next_step": rows.next_step(slip),
        "outcome": rows.outcome(slip),
        "steps": rows.steps(stats.timeline(slip)),
        "may": allowed,
        "may_receive": is_received(slip, user) and slip.outcome is None,
        "client_url": f"/clients/{slip.client_id}/" if _is_on_list(slip.client, user) else "",
        "onward": Guidance(slip.onward).label if slip.onward else "",
        "onward_choices": Guidance.choices[1:],
        "refusal": refusal,
        **deals.box(slip, user, deal_form),
    }
    context["colleagues"] = _colleagues(slip, allowed)
    return render(request, "referrals/slip.html", context, status=status)


def _is_on_list(client, user):
    return client.merged_into_id is None and client.is_seen_by(user)


def _colleagues(slip, allowed):
    """Managers the client may be offered to: those who are here, the present one apart."""
    if not (allowed["offer"] or allowed["decline"]):
        return []
    people = stats.managers(slip.branch_id, now=clock.now())
    return [p for p in people if p.pk != slip.manager_id and p.availability != p.Availability.OUT]


def is_received(slip, user):
    """Whether the client is with `user`, or was: the sheet of the reception is his."""
    return slip.reception in actions.WITH_MANAGER and may("judge", slip, user)


DONE = {
    "accept": lambda: _("You are receiving the client"),
    "decline": lambda: _("Passed on"),
    "offer": lambda: _("Offered to another manager"),
    "meet": lambda: _("Meeting noted"),
    "leave": lambda: _("Noted that the client has left"),
}


@require_POST
def step(request, pk, name):
    """One transition of the reception. Who comes second reads who was first, beside the fresh slip."""
    if name not in RECEPTION:
        raise Referral.DoesNotExist
    form = StepForm(request.POST)
    if not form.is_valid():
        raise Refused(_("Choose the manager who receives the client."))
    data = form.cleaned_data
    try:
        slip = actions.perform(name, pk, by=request.user, to=data["to"], note=data["note"])
    except Refused as refusal:
        return _lost(request, pk, refusal)
    if name == "accept":
        return htmx.redirect(request, reverse("referrals:receive", args=[slip.pk]))
    return _done(request, slip, DONE[name]())


def _done(request, slip, text):
    """A message; the live parts of the page then ask for what is new."""
    if not htmx.wants_fragment(request):
        messages.success(request, text)
        return htmx.redirect(request, reverse("referrals:slip", args=[slip.pk]))
    response = render(request, "components/_toast.html", {"text": text})
    response["HX-Trigger-After-Swap"] = "rmflow:news"
    return response


def _lost(request, pk, refusal):
    """A refusal beside the fresh state of the slip."""
    if not htmx.wants_fragment(request):
        return page(request, found(request.user, pk), refusal=refusal.message, status=422)
    response = render(
        request, "components/_toast.html", {"text": refusal.message, "state": "past"}, status=422
    )
    response["HX-Trigger-After-Swap"] = "rmflow:news"
    return response


@require_POST
def withdraw(request, pk):
    """The sender takes a slip back, with a reason."""
    try:
        slip = actions.withdraw(pk, by=request.user, reason=request.POST.get("note", "")[: rules.NOTE_LENGTH])
    except Refused as refusal:
        return _lost(request, pk, refusal)
    return _done(request, slip, _("Referral withdrawn"))


@require_POST
def take(request, pk):
    """A manager takes a slip out of the duty queue; the first one has it."""
    try:
        slip = actions.take(pk, by=request.user)
    except Refused as refusal:
        return _lost(request, pk, refusal)
    return _done(request, slip, _("Taken on; the first contact is on your plan"))


@require_POST
def guide_on(request, pk):
    """Where the manager guides the client next."""
    try:
        slip = actions.guide_on(pk, by=request.user, onward=request.POST.get("onward", ""))
    except Refused as refusal:
        return _lost(request, pk, refusal)
    return _done(request, slip, _("Guided on: {place}").format(place=Guidance(slip.onward).label))
