"""One box for clients, pages and actions (B-16). Posted: a phone never stands in an address or a log."""

from functools import lru_cache

from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods
from pypinyin import Style, lazy_pinyin

from clients.rules import ClientType
from clients.search import BRIEF, find
from rmflow.doors import htmx
from rmflow.privacy.actions import log
from rmflow.staff.permissions import Permission, scope

from .. import navigation


@require_http_methods(["GET", "POST"])
def search(request):
    """The page with its box; a post answers with the rows found."""
    text = request.POST.get("q", "").strip()[:60] if request.method == "POST" else ""
    context = {"q": text, "asked": bool(text), "clients": [], "places": []}
    if text:
        context["places"] = _places(request.user, text)
        if request.user.has(Permission.SEE_CLIENTS) or request.user.has(Permission.FIND_CLIENT):
            context["clients"] = [
                _row(client, request.user) for client in find(request.user, text, row=BRIEF)
            ]
            log(
                "search",
                by=request.user,
                object_type="clients.client",
                rows=len(context["clients"]),
                request=request,
            )
    return htmx.render(request, "portal/search.html", "portal/_found.html", context)


def _row(client, user):
    """What a row shows; the sheet itself is a link only inside one's scope."""
    visible = client.is_looked_after_by(user) or scope(user, Permission.SEE_CLIENTS).covers(client.branch)
    return {
        "url": f"/clients/{client.pk}/" if visible else "",
        "name": client.name_for(user),
        "type": client.get_type_display() if client.type != ClientType.UNJUDGED else "",
        "phone": client.masked_phone,
        "owner": client.owner.name if client.owner else "",
        "branch": client.branch.name,
    }


def _places(user, text):
    """Pages of one's own rail whose word, pinyin or initials begin so."""
    lower, language = text.lower(), get_language()
    return [
        entry
        for entry in navigation.entries(navigation.rail_keys(user), "", {})
        if any(reading.startswith(lower) for reading in _readings(str(entry["label"]), language))
    ]


@lru_cache(maxsize=500)
def _readings(label, language):
    """How a place may be typed: its word, and in Chinese its pinyin whole and in initials."""
    readings = {label.lower()}
    if language == "zh-hans":
        readings |= {"".join(lazy_pinyin(label)), "".join(lazy_pinyin(label, style=Style.FIRST_LETTER))}
    return readings
