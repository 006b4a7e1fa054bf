"""One box for clients, pages and actions (B-16). Posted: a phone never stands in an address or a log."""

from functools import lru_cache

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods
from pypinyin import Style, lazy_pinyin

from clients.rules import ClientType
from clients.search import BRIEF, find_on_record
from rmflow.doors import htmx
from rmflow.staff.permissions import Permission, scope

from .. import navigation


@require_http_methods(["GET", "POST"])
def search(request):
    """The page with its box; a post answers with the rows found."""
    text = request.POST.get("q", "").strip()[:60] if request.method == "POST" else ""
    context = {"q": text, "asked": bool(text), "clients": [], "places": []}
    user = request.user
    if text:
        context["places"] = _places(user, text)
        if user.has(Permission.SEE_CLIENTS) or user.has(Permission.FIND_CLIENT):
            reach = scope(user, Permission.SEE_CLIENTS)
            found = find_on_record(user, text, row=BRIEF, request=request)
            context["clients"] = [_row(client, user, reach) for client in found]
    if htmx.wants_fragment(request):  # without the shell's context: it is asked at every letter
        return HttpResponse(render_to_string("portal/_found.html", context), headers={"Vary": "HX-Request"})
    return htmx.render(request, "portal/search.html", "portal/_found.html", context)


def _row(client, user, reach):
    """What a row shows; the sheet itself is a link only inside one's scope, `reach`."""
    visible = client.is_looked_after_by(user) or reach.covers(client.branch)
    about = (client.masked_phone, client.owner.name if client.owner else "", client.branch.name)
    return {
        "url": f"/clients/{client.pk}/" if visible else "",
        "name": client.name_for(user),
        "type": _type_word(client.type, get_language()),
        "about": " · ".join(filter(None, about)),
    }


@lru_cache(maxsize=40)
def _type_word(client_type, _language):
    """The word of the tag, "" before judgement; the language is part of the key."""
    return str(ClientType(client_type).label) if client_type != ClientType.UNJUDGED else ""


def _places(user, text):
    """Pages of one's own rail whose word, pinyin or initials begin so."""
    lower, words = text.lower(), _words(tuple(navigation.rail_keys(user)), get_language())
    keys = [key for key, readings in words if any(reading.startswith(lower) for reading in readings)]
    return navigation.entries(keys, "", {}) if keys else []


@lru_cache(maxsize=200)
def _words(keys, language):
    """[(place, how it may be typed)]: its word, and in Chinese its pinyin whole and in initials."""
    return [(key, _readings(str(navigation.ITEMS[key].label).lower(), language)) for key in keys]


def _readings(label, language):
    readings = {label}
    if language == "zh-hans":
        readings |= {"".join(lazy_pinyin(label)), "".join(lazy_pinyin(label, style=Style.FIRST_LETTER))}
    return readings
