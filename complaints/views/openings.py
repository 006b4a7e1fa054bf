"""开户: the list, the kit, what the client told, related products, the counter (W3-03)."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from clients.models import Client, Product
from rmflow.doors import htmx, idempotency
from rmflow.privacy.actions import Kind, log
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import opening_rows as rows
from ..actions import openings
from ..closure_forms import AnswerForm, ExecuteForm, LearnForm
from ..models import Opening, OpeningKind
from ..rules.openings import OPEN, State

PAGE = 25
SHOWS = ("open", "ready", "executed", "all")


@never_cache
@require_GET
def index(request):
    """Openings of one's own, of the branch, or of the counter."""
    user = request.user
    if not any(
        user.has(p) for p in (Permission.PREPARE_OPENING, Permission.EXECUTE_OPENING, Permission.SEE_CASES)
    ):
        permissions.require(user, Permission.SEE_CASES)
    show = request.GET.get("show", "open")
    show = show if show in SHOWS else "open"
    scope = Opening.objects.visible_to(user)
    found = _narrowed(scope, show).select_related("client", "branch", "manager", "kind", "appointment")
    page = Paginator(found.order_by("-created_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    states = list(scope.open().order_by().values_list("state", flat=True))
    context = {
        "page": page,
        "lines": [rows.line(opening, user) for opening in page],
        "filters": _filters(show, states),
        "prepares": user.has(Permission.PREPARE_OPENING),
        "desk": user.has(Permission.RECOGNISE_CLIENT),
        "filtered": show != "open",
        "unit": pgettext("unit", "openings"),
    }
    return htmx.render(request, "complaints/openings.html", "complaints/_openings.html", context)


def _narrowed(found, show):
    if show == "open":
        return found.filter(state__in=OPEN)
    if show == "ready":
        return found.filter(state__in=(State.READY, State.SEATED))
    return found.filter(state=State.EXECUTED) if show == "executed" else found


def _filters(show, states):
    words = {
        "open": pgettext("openings", "Open"),
        "ready": pgettext("openings", "Ready or at the counter"),
        "executed": pgettext("openings", "Opened"),
        "all": pgettext("openings", "All"),
    }
    ready = sum(state in (State.READY, State.SEATED) for state in states)
    counts = {"open": len(states), "ready": ready}
    return [
        {"label": words[key], "count": counts.get(key), "url": f"?show={key}", "current": key == show}
        for key in SHOWS
    ]


@never_cache
@require_GET
def new(request, client_pk):
    """Choose the kind of opening for a client: one click lays out the kit."""
    permissions.require(request.user, Permission.PREPARE_OPENING)
    client = Client.objects.visible_to(request.user).get(pk=client_pk)
    return _choose(request, client)


def _choose(request, client, *, refusal="", status=200):
    kinds = OpeningKind.objects.filter(active=True).prefetch_related("forms")
    context = {
        "client": client,
        "name": client.name_for(request.user),
        "kinds": kinds,
        "refusal": refusal,
        "key": uuid.uuid4().hex,
    }
    return render(request, "complaints/opening_new.html", context, status=status)


@require_POST
def prepare(request, client_pk):
    """Begin an opening; the same form twice begins one."""
    permissions.require(request.user, Permission.PREPARE_OPENING)
    client = Client.objects.visible_to(request.user).get(pk=client_pk)
    chosen = request.POST.get("kind", "")
    kind = OpeningKind.objects.filter(pk=int(chosen)).first() if _is_number(chosen) else None
    body = {"client": client.pk, "kind": kind and kind.pk}
    try:
        _status, answer = idempotency.once(
            request.user,
            idempotency.key_of(request),
            body,
            lambda: (201, {"opening": openings.prepare(client.pk, kind, by=request.user).pk}),
        )
    except Conflict:
        raise
    except Refused as refusal:
        return _choose(request, client, refusal=str(refusal), status=422)
    return htmx.redirect(request, reverse("openings:opening", args=[answer["opening"]]))


def _is_number(text):
    return text.isascii() and text.isdigit() and len(text) < 19


def opening_of(request, pk):
    people = ("client", "branch", "manager", "kind", "appointment", "executed_by")
    return Opening.objects.visible_to(request.user).select_related(*people).get(pk=pk)


@never_cache
@require_GET
def opening(request, pk):
    """The opening: kit, what the client told, products, the counter."""
    return page(request, opening_of(request, pk))


def page(request, found, *, learn=None, execute=None, refusal="", status=200):
    """The page, also after a refusal: what was typed stays."""
    log(Kind.VIEW, by=request.user, obj=found, fields=["masked"], request=request)
    user = request.user
    mine = found.manager_id == user.pk and user.has(Permission.PREPARE_OPENING)
    counts = permissions.scope(user, Permission.EXECUTE_OPENING).covers(found.branch)
    executes = counts and found.state == State.SEATED and not found.is_looked_after_by(user)
    today = clock.today()
    context = {
        **rows.header(found, user),
        "opening": found,
        "forms": list(found.forms.select_related("ready_by")),
        "offers": rows.offers(found, today=today),
        "mine": mine,
        "prepares": mine and found.is_open,
        "sells": mine and found.state != State.CANCELLED,
        "learn": (learn or LearnForm()) if mine and found.is_open else None,
        "execute": (execute or ExecuteForm()) if executes else None,
        "products": Product.objects.on_sale() if mine else [],
        "steps": rows.steps(found.events.select_related("by").order_by("at", "pk")),
        "refusal": refusal,
    }
    return render(request, "complaints/opening.html", context, status=status)


def _do(request, pk, act, said=""):
    """Carry out one act of the page; a refusal stands on it."""
    try:
        act()
    except Conflict as conflict:
        return page(request, opening_of(request, pk), refusal=str(conflict), status=409)
    except Refused as refusal:
        return page(request, opening_of(request, pk), refusal=str(refusal), status=422)
    if said:
        messages.success(request, said, extra_tags="met")
    return htmx.redirect(request, reverse("openings:opening", args=[pk]))


@require_POST
def tick(request, pk, item_pk):
    """A form lies ready, or not after all."""
    ready = request.POST.get("ready") == "1"
    return _do(request, pk, lambda: openings.tick(pk, item_pk, by=request.user, ready=ready))


@require_POST
def step(request, pk, name):
    """Ready, the client sits down, cancel."""
    note = request.POST.get("note", "")[:300]
    said = rows.done(name)
    return _do(request, pk, lambda: openings.step(name, pk, by=request.user, note=note), said)


@require_POST
def learn(request, pk):
    """What the client told goes to the archive."""
    found, form = opening_of(request, pk), LearnForm(request.POST)
    if form.is_valid():
        person, facts = form.given()
        try:
            openings.learn(pk, by=request.user, person=person, **facts)
        except Conflict as conflict:
            return page(request, opening_of(request, pk), refusal=str(conflict), status=409)
        except Refused as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Kept in the archive"), extra_tags="met")
            return htmx.redirect(request, reverse("openings:opening", args=[pk]))
    return page(request, found, learn=form, status=422)


@require_POST
def offer(request, pk):
    """Offer one more product."""
    chosen = request.POST.get("product", "")
    product = Product.objects.filter(pk=int(chosen)).first() if _is_number(chosen) else None
    return _do(request, pk, lambda: openings.offer(pk, product, by=request.user))


@require_POST
def answer(request, pk, offer_pk):
    """Agreed with an amount, or declined."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        refusal = " ".join(text for texts in form.errors.values() for text in texts)
        return page(request, opening_of(request, pk), refusal=refusal, status=422)
    return _do(request, pk, lambda: openings.answer(pk, offer_pk, by=request.user, **form.cleaned_data))


@require_POST
def execute(request, pk):
    """The teller's end: carried out, with the marks of W3-01."""
    found, form = opening_of(request, pk), ExecuteForm(request.POST)
    if form.is_valid():
        try:
            openings.execute(pk, by=request.user, **form.cleaned_data)
        except Conflict as conflict:
            return page(request, opening_of(request, pk), refusal=str(conflict), status=409)
        except Refused as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Carried out"), extra_tags="met")
            return htmx.redirect(request, reverse("openings:opening", args=[pk]))
    return page(request, found, execute=form, status=422)
