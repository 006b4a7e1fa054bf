"""Answers after a deed on the list: the next sheet, the changed row, the figures, a toast."""

from django.contrib import messages
from django.shortcuts import render

from rmflow.doors import htmx

from .. import stats
from . import sheet
from .board import Board, Chosen
from .rows import drawn, row


def to_list(request, text):
    """Back to the whole list with a message."""
    messages.success(request, text, extra_tags="met")
    return htmx.redirect(request, "/today/")


def go_on(request, item_id, order, *, text, undo_url="", stay=False):
    """What follows a settled item: its row as it is now, the figures, and the next client's sheet.

    Without script the next sheet is a page of its own.
    """
    board = Board(request.user, Chosen.of(request.POST))
    following = None if stay else board.following(item_id, order)
    if not htmx.wants_fragment(request):
        messages.success(request, text, extra_tags="met")
        place = f"{following['pk']}/" if following else f"{item_id}/" if stay else ""
        return htmx.redirect(request, f"/today/{place}{board.chosen.query()}")
    moment = board.moment
    context = {
        **board.context(),
        "changed": drawn(
            row(stats.one_item(request.user, item_id), moment), query=board.chosen.query(), fresh=True
        ),
        "text": text,
        "undo_url": undo_url,
        "fresh": True,
    }
    shown = item_id if stay else following and following["pk"]
    if shown:
        item = stats.item_for_sheet(request.user, shown)
        due = sheet.phone_is_due(item, moment.today)
        phone = sheet.shown_phone(item, request=request) if due else ""
        context |= sheet.context(item, moment, request=request, phone=phone, board=board)
    response = render(request, "followups/_went_on.html", context)
    place = f"{shown}/" if shown else ""
    response["HX-Replace-Url"] = f"/today/{place}{board.chosen.query()}"
    return response
