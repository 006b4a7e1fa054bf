"""One plan item: its sheet, the contact recorded on it, postponing, dropping, undo."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx, idempotency
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused

from .. import actions, stats
from ..forms import AbandonForm, ContactForm, PostponeForm, PrepareForm
from . import answers, refusals, sheet
from .board import Board, Chosen
from .rows import Moment, drawn, postponed_text, row


def _mine(request, item_id):
    """One's own item; 403 without the daily list, 404 for others' items."""
    permissions.require(request.user, Permission.WORK_FOLLOW_UP)
    return stats.item_for_sheet(request.user, item_id)


@require_GET
def show(request, item_id):
    """The sheet: opening it shows the phone of a due client, on record; `?peek` keeps it masked."""
    item = _mine(request, item_id)
    return _sheet(request, item)


def _sheet(request, item, *, form=None, status=200):
    chosen = Chosen.of(request.GET if request.method == "GET" else request.POST)
    whole = not htmx.wants_fragment(request)
    board = Board(request.user, chosen)
    moment = board.moment
    phone = ""
    if sheet.phone_is_due(item, moment.today) and "peek" not in request.GET and status == 200:
        phone = sheet.shown_phone(item, request=request)
    context = sheet.context(item, moment, request=request, form=form, phone=phone, board=board)
    if whole:
        context = {**board.context(current=item.pk), **context}
    return htmx.render(request, "followups/today.html", "followups/_sheet.html", context, status=status)


@require_POST
def phone(request, item_id):
    """Show or dial the phone of a due item: a look like opening the sheet, and on record like it."""
    item = _mine(request, item_id)
    if not sheet.phone_is_due(item, Moment(request.user).today):
        raise Refused(_("The phone is shown on the day of the contact."))
    number = sheet.shown_phone(item, request=request)
    if "dial" in request.POST:
        return HttpResponse(status=204, headers={"HX-Redirect": sheet.tel(number)})
    return render(request, "followups/_phone.html", {"item": item, "phone": number, "tel": sheet.tel(number)})


@require_POST
def record(request, item_id):
    """Record a contact and plan the next step; then the next client, or stay."""
    item = _mine(request, item_id)
    form = ContactForm(request.POST)
    board = Board(request.user, Chosen.of(request.POST))
    if form.is_valid():
        body = {**dict(request.POST.lists()), "item": item_id}
        try:
            idempotency.once(
                request.user, idempotency.key_of(request), body, lambda: _record(item_id, request.user, form)
            )
        except Refused as refused:
            refusals.into(form, refused)
        else:
            stay = request.POST.get("go") == "stay"
            return answers.go_on(request, item_id, board.order(), text=_("Contact recorded"), stay=stay)
    if not htmx.wants_fragment(request):
        return _sheet(request, item, form=form, status=422)
    context = sheet.form_context(item, board.moment, form)
    context |= {"key": request.POST.get("idempotency_key", ""), "board": board, "query": board.chosen.query()}
    context["later"] = sheet.later(item, board.moment)
    response = render(request, "followups/_record.html", context, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#record", "outerHTML"
    return response


def _record(item_id, user, form):
    """Do it; (status, answer) for the idempotency store."""
    data = form.cleaned_data
    contact = actions.record_contact(
        item_id,
        by=user,
        result=data["result"],
        findings=data["findings"],
        channel=data["channel"],
        next_step=form.next_step,
    )
    return 201, {"contact": contact.pk}


@require_POST
def prepare(request, item_id):
    """Keep the expected reaction and the answer to it."""
    item = _mine(request, item_id)
    form = PrepareForm(request.POST)
    status = 422
    if form.is_valid():
        item = actions.prepare(item_id, by=request.user, **form.cleaned_data)
        form, status = PrepareForm(initial=form.cleaned_data), 200
        if not htmx.wants_fragment(request):
            return htmx.redirect(request, f"/today/{item_id}/")
    context = {"item": item, "prepare": form, "open": status == 422}
    return render(request, "followups/_prepare.html", context, status=status)


@require_POST
def postpone(request, item_id):
    """Another day, two clicks; undone from the toast."""
    _mine(request, item_id)
    form = PostponeForm(request.POST)
    if not form.is_valid():
        raise Refused(" ".join(form.errors.get("plan_on", [])), field="plan_on")
    board = Board(request.user, Chosen.of(request.POST))
    day = form.cleaned_data["plan_on"]
    actions.postpone(item_id, by=request.user, plan_on=day)
    return answers.go_on(
        request,
        item_id,
        board.order(),
        text=postponed_text(day, board.moment.today),
        undo_url=f"/today/{item_id}/restore/",
    )


@require_POST
def done(request, item_id):
    """Tick off a plan that has no contact to record."""
    _mine(request, item_id)
    order = Board(request.user, Chosen.of(request.POST)).order()
    actions.done(item_id, by=request.user)
    return answers.go_on(request, item_id, order, text=_("Done"), undo_url=f"/today/{item_id}/restore/")


@require_POST
def give_up(request, item_id):
    """Give the follow-up up with a reason; a plan without a record is dropped."""
    item = _mine(request, item_id)
    form = AbandonForm(request.POST)
    if not form.is_valid():
        raise Refused(" ".join(form.errors["note"]), field="note")
    actions.give_up(item_id, by=request.user, reason=form.cleaned_data["note"])
    return answers.to_list(request, _("Follow-up given up") if item.record_id else _("Plan dropped"))


@require_POST
def restore(request, item_id):
    """Undo a postponement, a tick or a drop: the row comes back where it stood."""
    _mine(request, item_id)
    actions.restore(item_id, by=request.user)
    if not htmx.wants_fragment(request):
        return answers.to_list(request, _("Undone"))
    board = Board(request.user, Chosen.of(request.POST))
    line = row(stats.one_item(request.user, item_id), board.moment)
    changed = drawn(line, query=board.chosen.query(), fresh=True)
    context = {**board.context(), "changed": changed, "text": _("Undone"), "fresh": True}
    return render(request, "followups/_undone.html", context)
