"""Words for the keys an access line holds besides field names: parts of a page, and what was the occasion."""

from django.utils.translation import pgettext_lazy

#: What was looked at, where no single field was.
PARTS = {
    "masked": pgettext_lazy("log part", "List line, masked"),
    "head": pgettext_lazy("log part", "Head of the page"),
    "overview": pgettext_lazy("log part", "Overview"),
    "basic": pgettext_lazy("log part", "Basic features"),
    "buying": pgettext_lazy("log part", "Buying behaviour"),
    "account": pgettext_lazy("log part", "Account features"),
    "needs": pgettext_lazy("log part", "Service needs"),
    "family": pgettext_lazy("log part", "Family and dates"),
    "consents": pgettext_lazy("log part", "Consents and wishes"),
    "changes": pgettext_lazy("log part", "Changes"),
    "admin": pgettext_lazy("log part", "Keeping of the file"),
    "profile": pgettext_lazy("log part", "Whole archive"),
    "register": pgettext_lazy("log part", "Archive register"),
    "tier": pgettext_lazy("log part", "Tier and reasons"),
    "rights": pgettext_lazy("log part", "Rights request"),
    "compare": pgettext_lazy("log part", "Comparison of two persons"),
    "confirm": pgettext_lazy("log part", "Confirmation of a merger"),
    "merged": pgettext_lazy("log part", "Records merged"),
    "unmerged": pgettext_lazy("log part", "Merger undone"),
    "certificate": pgettext_lazy("log part", "Certificate of destruction"),
    "all": pgettext_lazy("log part", "All personal data"),
}
#: What led to the look: the first word of its key; the rest is a number or a day.
OCCASIONS = {
    "read": pgettext_lazy("log occasion", "Access log read"),
    "history": pgettext_lazy("log occasion", "Change history read"),
    "verify": pgettext_lazy("log occasion", "Chain verified"),
    "plan": pgettext_lazy("log occasion", "Plan item"),
    "duplicate": pgettext_lazy("log occasion", "Likely same person"),
    "rights": pgettext_lazy("log occasion", "Rights request"),
    "run": pgettext_lazy("log occasion", "Evaluation"),
    "segment": pgettext_lazy("log occasion", "Segment"),
    "undo": pgettext_lazy("log occasion", "Load undone"),
    "export": pgettext_lazy("log occasion", "Export"),
    "worklog": pgettext_lazy("log occasion", "Work log"),
    "key": pgettext_lazy("log occasion", "Key"),
    "unknown": pgettext_lazy("log occasion", "Unknown number"),
}


def part(name):
    """A part of a record in words; a name that is none is shown as it is."""
    return str(PARTS.get(name, name))


def occasion(key):
    """plan:312 → 跟进计划 312; what has no word (the name of a column map) is shown as it is."""
    first, _colon, rest = key.partition(":")
    return f"{OCCASIONS[first]} {rest.replace(':', ' ')}".strip() if first in OCCASIONS else key
