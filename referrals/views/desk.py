"""The lobby desk: one screen to log and route a client in ten seconds (W1-01 to W1-05, B-02)."""

import json
import secrets
from datetime import MAXYEAR, MINYEAR

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.doors.idempotency import key_of
from rmflow.privacy import normal
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays.rules import day_text
from rmflow.workflow import Refused

from .. import actions
from ..actions import offline
from ..board import SHOWS, Board
from ..forms import USUAL_HOUR, CardForm, LateForm
from ..rules import Cue, End, Guidance, Need


def new_key():
    """A key for one rendered form: whatever is sent with it is done once."""
    return secrets.token_urlsafe(18)


def board_of(request):
    """The desk as `request` wants to see it: which of today's slips, which page of them."""
    permissions.require(request.user, Permission.FILE_REFERRAL)
    wanted = request.POST if request.method == "POST" else request.GET
    show = wanted.get("show", "all")
    return Board(request.user, show if show in SHOWS else "all", wanted.get("page", 1))


def _number(text):
    return int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) < 10 else None


def _numbers(text):
    """Ids in "3,1,2", as many as a screen holds."""
    return [pk for pk in map(_number, (text or "")[:2000].split(",")) if pk]


def card_context(board, form, *, key, repeat=None):
    """What the card's template needs; the same for a fresh card and for one that was refused."""
    chosen = _number(form["manager"].value() or "")
    return {
        "board": board,
        "form": form,
        "key": key,
        "divert_key": new_key(),
        "cues": Cue.choices,
        "chosen_cues": form["cues"].value() or [],
        "needs": Need.choices,
        "chosen_needs": form["needs"].value() or [],
        "managers": board.managers(chosen=chosen),
        "picked": chosen is not None,
        "branch_chosen": _number(form["branch"].value() or "")
        or (board.branch.pk if board.is_outlet else None),
        "repeat": repeat,
    }


def fresh_form(board):
    return CardForm(initial={"agreed_on": board.next_day, "agreed_at": USUAL_HOUR})


def page_context(board, form=None, *, key="", repeat=None):
    context = card_context(board, form or fresh_form(board), key=key or new_key(), repeat=repeat)
    return context | {"seen": board.now}


@require_GET
def page(request):
    """The desk, ready for the next client."""
    return render(request, "referrals/desk.html", page_context(board_of(request)))


@require_GET
def card(request):
    """An empty card, after one that was sent back with errors was filed."""
    return render(request, "referrals/_card.html", page_context(board_of(request)))


@require_POST
def file(request):
    """File the card once, however often it is sent; a refusal gives back everything that was typed."""
    board = board_of(request)
    form = CardForm(request.POST)
    if _only_opens_card(form):
        return _again(request, board, form, status=200)
    try:
        slip = _file(request, board, form)
    except Refused as refusal:
        form.add_refusal(refusal)
        return _again(request, board, form, repeat=_repeat(refusal))
    if slip is None:
        return _again(request, board, form)
    return _filed(request, slip)


def _file(request, board, form):
    """The slip, or None when the form cannot be read."""
    return file_form(request, board, form) if form.is_valid() else None


def file_form(request, board, form):
    """The slip of a valid form; one that waited on a device brings the device's times."""
    card = form.card(own_branch_id=board.branch.pk if board.is_outlet else None)
    body = {name: values for name, values in request.POST.lists() if name not in LateForm.ABOUT_THE_WAY}
    late = LateForm(request.POST) if "offline_at" in request.POST else None
    if late is None or not late.is_valid():
        return actions.file_once(card, by=request.user, key=key_of(request), body=body)
    return offline.file_late(
        card,
        by=request.user,
        key=key_of(request),
        body=body,
        device_at=late.cleaned_data["offline_at"],
        device_sent_at=late.cleaned_data["sent_at"],
    )


def _only_opens_card(form):
    """Without scripts the first press on the card's end opens its fields (way, day, hour)."""
    return form.data.get("end") == End.CARD and not form.data.get("card_open")


def _repeat(refusal):
    return "warn" if refusal.code == "repeat" else None


def _again(request, board, form, *, status=422, repeat=None):
    if form.data.get("end") == End.CARD or form.data.get("card_open"):
        form.data = form.data.copy()
        form.data["card_open"] = "on"
    if form.data.get("repeat_reason"):
        repeat = "warn"
    context = page_context(board, form, key=key_of(request), repeat=repeat)
    return htmx.render(request, "referrals/desk.html", "referrals/_card.html", context, status=status)


def _filed(request, slip):
    """The news of the slip and a new key; the browser empties the card and asks for figures and list.

    The answer to the press of a button holds nothing that the next look fetches anyway: saving stays
    quick when the lobby is crowded. Without scripts the whole desk comes back.
    """
    text = _told(slip)
    if not htmx.wants_fragment(request):
        messages.success(request, text)
        return htmx.redirect(request, reverse("referrals:desk"))
    # Without the shell's context: a field and its key need nothing of it.
    response = HttpResponse(render_to_string("referrals/_key.html", {"key": new_key(), "oob": True}))
    response["HX-Reswap"] = "none"
    news = {"rmflow:toast": {"text": text, "state": "met"}, "desk:filed": {"slip": slip.pk}}
    response["HX-Trigger"] = json.dumps(news)  # ASCII: a header holds nothing else
    return response


def _told(slip):
    """What was done, in one sentence; the client is named by surname only."""
    names = {"client": slip.addressed_as, "manager": slip.manager.name if slip.manager else ""}
    if slip.card_given:
        day = day_text(slip.agreed_on)
        if slip.manager is None:
            return _("{client} stands in the branch's duty queue for {day}").format(day=day, **names)
        return _("{manager} contacts {client} on {day}").format(day=day, **names)
    if slip.guidance == Guidance.MANAGER:
        return _("{manager} was told that {client} is waiting").format(**names)
    place = Guidance(slip.guidance).label
    return _("{client} is guided to: {place}").format(place=place, **names)


@require_POST
def repeat(request):
    """The question asked while a phone or an ID is typed; one wording for every cause (W1-07)."""
    permissions.require(request.user, Permission.FILE_REFERRAL)
    context = {"repeat": None, "reason": request.POST.get("repeat_reason", "")}
    try:
        phone = normal.phone(request.POST.get("phone", ""))
        id_number = normal.id_number(request.POST.get("id_number", ""))
    except normal.BadInput:
        return HttpResponse(status=204)  # still being typed: nothing is looked up, the strip stays
    if phone or id_number:
        try:
            warned = actions.look(by=request.user, phone=phone, id_number=id_number)
            context["repeat"] = "warn" if warned else None
        except Refused as refusal:
            context |= {"repeat": "cap", "cap": refusal.message}
    return render(request, "referrals/_repeat.html", context)


@require_GET
def live(request):
    """Managers' states, waiting clients, figures and changed rows, out of band; chosen things stay."""
    board = board_of(request)
    picked = request.GET.get("picked") == "1"
    chosen = _number(request.GET.get("manager", "")) if picked else None
    seen = _time(request.GET.get("seen"))
    changed = board.changed(seen) if seen else []
    on_screen = set(_numbers(request.GET.get("rows")))
    listed = _time(request.GET.get("listed")) or board.now
    context = {
        "board": board,
        "managers": board.managers(chosen=chosen, order=_numbers(request.GET.get("order"))),
        "picked": picked,
        "seen": board.now,
        "lines": [line for line in changed if line["slip"].pk in on_screen],
        "news": sum(line["slip"].pk not in on_screen and line["slip"].filed_at > listed for line in changed),
    }
    return render(request, "referrals/_live.html", context)


def _time(text):
    """An aware time, or None for what is none."""
    try:
        moment = parse_datetime((text or "").replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment and moment.tzinfo and MINYEAR < moment.year < MAXYEAR else None


@require_GET
def day_list(request):
    """Today's list alone: another filter, another page."""
    board = board_of(request)
    if not htmx.wants_fragment(request):
        return render(request, "referrals/desk.html", page_context(board))
    fresh = _number(request.GET.get("fresh", ""))
    return render(request, "referrals/_list.html", {"board": board, "seen": board.now, "fresh": fresh})
