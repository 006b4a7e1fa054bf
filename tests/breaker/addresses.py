"""Every address of the site with its parameters filled in: from rows that are there, and with junk."""

import re

from django.urls import URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
GROUP = re.compile(r"\(\?P<(\w+)>[^()]*(?:\([^()]*\)[^()]*)*\)")
HUGE = "9" * 25


def patterns(resolver=None, prefix=""):
    """(pattern as text, view) of every address."""
    for entry in (resolver or get_resolver()).url_patterns:
        whole = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, whole)
        else:
            yield whole, entry.callback


def filled(pattern, value):
    """The address of `pattern` with every parameter set to `value`; numbers take digits only."""

    def one(match):
        digits = re.sub(r"\D", "", str(value))
        return (digits or "7") if match.group(1) == "int" else str(value)

    text = GROUP.sub(lambda _match: str(value), pattern)
    text = PARAMETER.sub(one, text)
    text = re.sub(r"\(\?:[^()]*\)\?", "", text)
    return "/" + re.sub(r"[\^$\\]|\\Z", "", text).replace("/?", "/").replace(".?", "")
