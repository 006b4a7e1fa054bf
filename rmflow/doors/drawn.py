"""Parts of a page that are the same for many people: drawn once a process, with holes for what differs.

Half the time of a page went into drawing the same rail and the same menus again. A drawn part is a template
whose personal words are holes (`hole("name")`); each page joins the pieces between them with its own words.
What decides the shape of a part (its links, its order, its language) belongs to its key.
"""

import re
from functools import lru_cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

#: Signs that nobody can type into a text, since nobody knows them; escaping leaves them alone.
OPEN, SHUT = f"\ue000{salted_hmac('rmflow.doors.drawn', settings.SECRET_KEY).hexdigest()[:12]}:", "\ue001"
_HOLE = re.compile(f"{OPEN}([^{SHUT}]*){SHUT}")
PARTS_KEPT = 2000  # in each process
_pieces: dict[tuple, list[str]] = {}


def hole(name):
    """A place in a drawn part, to be filled with `words[name]`."""
    return f"{OPEN}{name}{SHUT}"


def part(template_name, key, given, words):
    """The part as safe text. `given()` is the context, holes in it; `words` are escaped already."""
    key = (template_name, get_language(), key)
    cut = _pieces.get(key)
    if cut is None:
        cut = pieces(render_to_string(template_name, given()))
        if len(_pieces) >= PARTS_KEPT:
            _pieces.clear()
        _pieces[key] = cut
    return mark_safe(filled(cut, words))  # noqa: S308  # nosec B308 B703  a template of ours escaped it


def pieces(html):
    """The text cut at its holes: text, name, text, name, …, text."""
    return _HOLE.split(html)


def filled(cut, words):
    """The pieces joined, each hole with its word."""
    whole = cut.copy()
    whole[1::2] = [words[name] for name in cut[1::2]]
    return "".join(whole)


@lru_cache(maxsize=500)
def small(template_name, _language, **given):
    """A small part that many share for a while, such as a branch's day line."""
    return render_to_string(template_name, given)
