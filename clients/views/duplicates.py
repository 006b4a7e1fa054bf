"""重复客户: pairs of records that may be one person, compared side by side, merged by both branches (B-21)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope

from .. import compare
from ..actions import duplicates as actions
from ..duplicate_rules import State
from ..models import Duplicate

PAGE = 20
CHIPS = (State.OPEN, State.MERGED, State.DISMISSED, State.UNDONE)


@require_GET
def index(request):
    """The pairs that wait first; a chip for each state."""
    user = request.user
    permissions.require(user, Permission.MERGE_CLIENTS)
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in CHIPS else State.OPEN
    reach = scope(user, Permission.MERGE_CLIENTS)
    rows = compare.pairs(user, chosen).prefetch_related("confirmations")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [compare.line(pair, user, reach) for pair in page.object_list],
        "chips": [
            {
                "label": State(code).label,
                "count": compare.pairs(user, code).count(),
                "url": f"?state={code}",
                "current": code == chosen,
            }
            for code in CHIPS
        ],
        "chosen": chosen,
    }
    return render(request, "clients/duplicates.html", context)


@require_POST
def find(request):
    """Look now, instead of waiting for the night."""
    found = actions.find(by=request.user)["found"]
    text = (
        ngettext("{n} new pair", "{n} new pairs", found).format(n=found)
        if found
        else _("Nothing new was found")
    )
    messages.success(request, text, extra_tags="met")
    return htmx.redirect(request, reverse("clients:duplicates"))


@never_cache
@require_GET
def pair(request, pk):
    """Side by side. Both records count as looked at."""
    permissions.require(request.user, Permission.MERGE_CLIENTS)
    found = Duplicate.objects.visible_to(request.user)
    found = (
        found.select_related("one__branch", "other__branch", "settled_by")
        .prefetch_related("confirmations")
        .get(pk=pk)
    )
    for client in (found.one, found.other):
        log(AccessEvent.Kind.VIEW, by=request.user, obj=client, fields=["compare"], request=request)
    return render(request, "clients/duplicate.html", compare.page(found, request.user))


@require_POST
def step(request, pk, name):
    """Confirm, dismiss, undo, look again."""
    user, post = request.user, request.POST
    permissions.require(user, Permission.MERGE_CLIENTS)
    if name == "confirm":
        keep = {key.removeprefix("keep."): value for key, value in post.items() if key.startswith("keep.")}
        done = actions.confirm(pk, by=user, keep=keep)
        merged = done.state == State.MERGED
        text = (
            _("Merged; may be undone for 30 days")
            if merged
            else _("Confirmed; the other branch has been told")
        )
    elif name == "dismiss":
        done, text = actions.dismiss(pk, by=user, note=post.get("note", "")), _("Noted: two persons")
    elif name == "undo":
        done, text = actions.undo(pk, by=user, note=post.get("note", "")), _("The merge is undone")
    elif name == "reopen":
        done, text = actions.reopen(pk, by=user), _("Back on the list")
    else:
        raise Duplicate.DoesNotExist
    messages.success(request, text, extra_tags="met")
    return htmx.redirect(request, reverse("clients:duplicate", args=[done.pk]))


@require_POST
def propose(request, pk):
    """From a client's page: this is the same person as that customer number."""
    found = actions.propose(pk, request.POST.get("customer_no", ""), by=request.user)
    return htmx.redirect(request, reverse("clients:duplicate", args=[found.pk]))
