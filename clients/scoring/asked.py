"""What a reader asks of an evaluation: branches, manager, list or cell; and the rows that answer it."""

from django.utils.http import urlencode

from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, scope

from . import stats
from .names import tier_names

#: What an address may say; an export keeps these to ask again.
WORDS = ("branch", "owner", "list", "from", "to")


def read(user, query, run):
    """Branches, manager and list of `query` within one's scope; what is not known counts as not given."""
    reach = scope(user, Permission.SEE_TIERS)
    here = Branch.objects.filter(reach.q(""), pk__in=run.parts.values("branch")).order_by("code")
    branches = list(here)
    chosen = next((branch for branch in branches if str(branch.pk) == query.get("branch", "")), None)
    if chosen is None and len(branches) == 1:
        chosen = branches[0]
    codes = {*tier_names(), "-"}
    cell = (query.get("from", ""), query.get("to", ""))
    cell = cell if set(cell) <= codes else None
    owner = query.get("owner", "")
    kept = {"run": run.pk, "branch": chosen.pk if chosen and len(branches) > 1 else "", "owner": owner}

    def link(**change):
        values = {**kept, **change}
        return "?" + urlencode({name: value for name, value in values.items() if value}) + "#rows"

    return {
        "branches": branches,
        "branch": chosen,
        "branch_ids": [chosen.pk] if chosen else [branch.pk for branch in branches],
        "which": query.get("list", "") if query.get("list") in stats.LISTS else "",
        "owner": owner if owner == "none" or (owner.isdigit() and len(owner) < 12) else "",
        "cell": cell,
        "link": link,
    }


def rows(run, asked):
    """(list, rows) behind the tab or cell that was asked for."""
    which = asked["which"] or ("" if asked["cell"] else "up")
    cell = asked["cell"] or (None, None)
    before, after = ("" if code == "-" else code for code in cell) if asked["cell"] else (None, None)
    branches, owner = asked["branch_ids"], asked["owner"]
    return which, stats.rows(run, branches, which=which, owner=owner, before=before, after=after)
