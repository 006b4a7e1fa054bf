"""Parts of a page that are the same for many people: drawn once a process, with holes for what differs.

Half the time of a page went into drawing the same rail and the same menus again. A drawn part is a template
whose personal words are holes (`hole("name")`); each page joins the pieces between them with its own words.
What decides the shape of a part (its links, its order, its language) belongs to its key.
"""

import re
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

#: Signs that stand in no text of ours; escaping leaves them alone.
OPEN, SHUT = "\ue000", "\ue001"
_HOLE = re.compile(f"{OPEN}([^{SHUT}]*){SHUT}")
PARTS_KEPT = 2000  # in each process
_pieces: dict[tuple, list[str]] = {}


def hole(name):
    """A place in a drawn part, to be filled with `words[name]`."""
    return f"{OPEN}{name}{SHUT}"


def part(template_name, key, given, words):
    """The part as safe text. `given` is the context, holes in it; `words` are escaped already."""
    key = (template_name, get_language(), key)
    pieces = _pieces.get(key)
    if pieces is None:
        pieces = _HOLE.split(render_to_string(template_name, given))
        if len(_pieces) >= PARTS_KEPT:
            _pieces.clear()
        _pieces[key] = pieces
    if len(pieces) > 1:
        filled = pieces.copy()
        filled[1::2] = [words[name] for name in pieces[1::2]]
        pieces = filled
    return mark_safe("".join(pieces))  # noqa: S308  # nosec B308 B703  a template of ours escaped it


@lru_cache(maxsize=500)
def small(template_name, _language, **given):
    """A small part that many share for a while, such as a branch's day line."""
    return render_to_string(template_name, given)
