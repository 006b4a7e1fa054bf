"""初次识别: clients the figures name, worked by managers, counted for those who inspect (W1-13)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from clients.models import MonthlyBalance
from clients.rules import ClientType
from clients.scoring.months import first_of
from clients.scoring.words import wan
from rmflow.doors import htmx
from rmflow.privacy import masks
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock

from .. import candidate_stats
from ..actions import candidates as actions
from ..candidate_rules import RuleCode, Suggests
from ..models import Candidate

PAGE = 25
SORTS = {
    "amount": ("-amount", "pk"),
    "found": ("-found_on", "-amount", "pk"),
    "name": ("client__pinyin", "pk"),
}


@require_GET
def page(request):
    """The list; rule, whose and order stand in the address."""
    user = request.user
    if not user.has(Permission.SEE_FOLLOW_UPS):
        permissions.require(user, Permission.JUDGE_CLIENT)
    asked = _asked(request)
    every = Candidate.objects.visible_to(user).open()
    reach = _whose(every, asked["whose"], user)
    rows = reach.filter(rules__contains=[asked["rule"]]) if asked["rule"] else reach
    rows = rows.select_related("client", "client__owner", "branch").order_by(*SORTS[asked["sort"]])
    found = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    inspects = user.has(Permission.SEE_FOLLOW_UPS)
    context = {
        "page": found,
        "lines": [_line(row, user) for row in found.object_list],
        "rules": _rules(asked, candidate_stats.by_rule(reach), reach),
        "whose": _chips(asked, "whose", _whose_words(user)),
        "sorts": _chips(
            asked, "sort", {"amount": _("By amount"), "found": _("Newest first"), "name": _("By name")}
        ),
        "managers": candidate_stats.by_manager(user, clock.today()) if inspects else [],
        "lately": candidate_stats.LATELY,
        "unit": pgettext("unit", "clients"),
        "filtered": bool(asked["rule"] or asked["whose"]),
        "ready": bool(found.paginator.count) or _has_balances(),
    }
    return htmx.render(request, "followups/candidates.html", "followups/_candidates.html", context)


def _has_balances():
    month = first_of(clock.today(), back=1)
    return MonthlyBalance.objects.filter(month__gte=first_of(month, back=2)).exists()


def _asked(request):
    rule, whose, sort = (request.GET.get(name, "") for name in ("rule", "whose", "sort"))
    return {
        "rule": rule if rule in RuleCode.values else "",
        "whose": whose if whose in ("mine", "pool") else "",
        "sort": sort if sort in SORTS else "amount",
    }


def _whose(rows, whose, user):
    if whose == "mine":
        return rows.filter(Q(client__owner=user) | Q(client__backup=user))
    return rows.filter(client__owner__isnull=True) if whose == "pool" else rows


def _whose_words(user):
    mine = {"mine": pgettext("clients", "Mine")} if user.has(Permission.JUDGE_CLIENT) else {}
    return {"": pgettext("filter", "All"), **mine, "pool": _("Without a manager")}


def _chips(asked, name, words):
    return [
        {
            "label": label,
            "url": "?" + urlencode({k: v for k, v in {**asked, name: key}.items() if v}),
            "current": asked[name] == key,
        }
        for key, label in words.items()
    ]


def _rules(asked, counts, reach):
    chips = _chips(asked, "rule", {"": _("All rules"), **dict(RuleCode.choices)})
    numbers = [reach.count(), *(counts.get(code, 0) for code in RuleCode.values)]
    pairs = zip(chips, numbers, strict=True)
    return [{**chip, "count": n} for chip, n in pairs if n or chip["current"]]


def _line(row, user):
    client = row.client
    own = client.is_looked_after_by(user)
    return {
        "pk": row.pk,
        "url": f"/clients/{client.pk}/",
        "name": client.name_for(user),
        "type": ClientType(client.type).label,
        "likely": Suggests(row.suggests).label,
        "premium": row.suggests == Suggests.PREMIUM,
        "reasons": [_reason(code, row.figures.get(code), own) for code in row.rules],
        "owner": client.owner.name if client.owner_id else "",
        "branch": row.branch.name,
        "found_on": row.found_on,
        "may": user.has(Permission.JUDGE_CLIENT) and (own or client.owner_id is None),
    }


def _reason(code, amount, own):
    """大额存款无人管户 32.50 万元; the band for those who do not look after the client."""
    if amount is None:
        return {"label": RuleCode(code).label, "amount": ""}
    shown = _("{n} × 10,000 yuan").format(n=wan(amount)) if own else masks.band_amount(amount)
    return {"label": RuleCode(code).label, "amount": shown}


@require_POST
def take(request, pk):
    row = actions.take(pk, by=request.user)
    messages.success(request, _("On the plan; the follow-up record is open"), extra_tags="met")
    return htmx.redirect(request, reverse("followups:record_sheet", args=[row.record_id]))


@require_POST
def dismiss(request, pk):
    row = actions.dismiss(pk, by=request.user, reason=request.POST.get("note", ""))
    text = _("Not shown again before {day}").format(day=row.rests_until.isoformat())
    messages.success(request, text, extra_tags="met")
    return htmx.redirect(request, reverse("followups:candidates"))
