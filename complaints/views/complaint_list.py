"""The list of complaints, and taking one (W3-07, W3-08)."""

import re
import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from followups.views import refusals
from rmflow.doors import htmx, idempotency
from rmflow.privacy import blind, normal
from rmflow.staff import permissions
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import EVERYWHERE_ROLES, Permission, scope
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import drill_chips
from ..actions import complaint_take
from ..complaint_forms import TakeForm
from ..complaint_rows import line
from ..models import Complaint
from ..rules.complaint import OPEN, OVER, RUNNING
from ..stats.complaint import DRILLS, drilled, used

PAGE = 25
SORTS = {
    "due": ("due_at", "pk"),
    "-due": ("-due_at", "-pk"),
    "received": ("received_at", "pk"),
    "-received": ("-received_at", "-pk"),
}


#: A key as a browser sends it.
PLAIN_KEY = re.compile(r"[0-9]{1,18}")

#: The filters, in their order.
SHOWS = ("open", "mine", "overdue", "today", "used", "over", "all")


def shows(now):
    """The filters: name → (words, condition)."""
    return {
        "open": (pgettext("complaint", "Open"), Q(status__in=OPEN)),
        "mine": (_("Mine to handle"), Q(status__in=OPEN)),
        "overdue": (_("Overdue"), Q(status__in=RUNNING, due_at__lt=now)),
        "today": (_("Due today"), Q(status__in=RUNNING, due_on=now.date(), due_at__gte=now)),
        "used": (_("80 % used"), used(now)),
        "over": (_("Ended"), Q(status__in=OVER)),
        "all": (_("All"), Q()),
    }


def shown(rows, show, now, user):
    """The rows one filter leaves."""
    found = rows.filter(shows(now)[show][1])
    return found.filter(handler=user) if show == "mine" else found


@never_cache
@require_GET
def index(request):
    """Complaints in one's reach: what waits first, by deadline."""
    user, now = request.user, clock.now()
    permissions.require(user, Permission.TAKE_COMPLAINT)
    seen = Complaint.objects.visible_to(user)
    asked = {name: request.GET.get(name, "") for name in ("show", "sort", "q", *DRILLS)}
    is_drill = any(asked[name] for name in DRILLS)
    filters = shows(now)
    show = asked["show"] if asked["show"] in filters else ("all" if is_drill else "open")
    sort = asked["sort"] if asked["sort"] in SORTS else ("due" if show != "over" else "-received")
    rows = drilled(seen, asked)
    counts = _counts(rows, filters, user)
    found = shown(_searched(rows, asked["q"]), show, now, user)
    page = Paginator(found.with_people().order_by(*SORTS[sort]), PAGE).get_page(request.GET.get("page"))
    several = bool(scope(user, Permission.SEE_COMPLAINTS)) and not _own_branch(user)
    kept = {name: asked[name] for name in ("q", *DRILLS) if asked[name]}
    context = {
        "page": page,
        "lines": [line(complaint, now, several=several) for complaint in page],
        "filters": [
            {
                "label": label,
                "count": counts[name],
                "current": name == show,
                "url": "?" + urlencode({**kept, "show": name}),
            }
            for name, (label, _q) in filters.items()
        ],
        "heads": _heads(sort, {**kept, "show": show}),
        "q": asked["q"],
        "show": show,
        "drill": drill_chips.of_complaints(seen, asked, {**kept, "show": show}),
        "drilled": {name: asked[name] for name in DRILLS if asked[name]},
        "is_filtered": bool(asked["q"]) or is_drill or show != "open",
        "several": several,
        "unit": _("complaints"),
        "analyses": user.has(Permission.ANALYSE_COMPLAINTS),
        "may_notice": scope(user, Permission.ASSIGN_COMPLAINT) and _own_branch(user),
    }
    return htmx.render(request, "complaints/list.html", "complaints/_list.html", context)


def _own_branch(user):
    return user.branch is not None and user.branch.kind == Branch.Kind.BRANCH


def _counts(rows, filters, user):
    """How many each filter finds: one query."""
    tallies = {
        name: Count("pk", filter=(condition & Q(handler=user) if name == "mine" else condition))
        for name, (_label, condition) in filters.items()
    }
    return rows.order_by().aggregate(**tallies)


def _searched(rows, text):
    """By number, subject, or a whole phone number (looked up by its index)."""
    text = normal.line(text, 60, _("At most {n} characters.")) if text else ""
    if not text:
        return rows
    found = Q(number__icontains=text) | Q(title__icontains=text)
    phone = blind.whole_numbers(text).get("phone")
    return rows.filter(found | Q(phone_hash=phone) if phone else found)


def _heads(sort, kept):
    """Links of the columns one may sort by."""
    return {
        name: {
            "url": "?" + urlencode({**kept, "sort": f"-{name}" if sort == name else name}),
            "sort": "ascending" if sort == name else "descending" if sort == f"-{name}" else "",
        }
        for name in ("due", "received")
    }


@never_cache
@require_http_methods(["GET", "POST"])
def take(request):
    """受理投诉: one minute; what is wrong stands beside its field, nothing typed is lost."""
    user = request.user
    permissions.require(user, Permission.TAKE_COMPLAINT)
    form = TakeForm(
        request.POST if request.method == "POST" else None, initial=_initial(request), **_lists(request)
    )
    if request.method == "GET" and htmx.wants_fragment(request):  # another branch was chosen: its people
        return render(request, "complaints/_named.html", {"form": form, "chooses_branch": _chooses(user)})
    if request.method == "POST" and form.is_valid():
        try:
            made = complaint_take.take_once(
                form.intake(), by=user, key=idempotency.key_of(request), body=request.POST
            )
        except Refused as refused:
            if refused.code == "conflict":
                raise
            refusals.into(form, refused)
        else:
            return _taken(request, made)
    context = {
        "form": form,
        "key": request.POST.get("idempotency_key") or uuid.uuid4().hex,
        "opened": any(form[name].errors or form[name].value() for name in MORE),
        "more": [form[name] for name in MORE],
        "first": [form[name] for name in ("title", "request", "name", "phone")],
        "chooses_branch": _chooses(user),
    }
    return render(request, "complaints/take.html", context, status=422 if form.errors else 200)


#: Fields under "more": open when one of them is filled or wrong.
MORE = (
    "facts",
    "basis",
    "against",
    "product",
    "sensitivity",
    "id_number",
    "proxy",
    "proxy_authorised",
    "representatives",
)


def _initial(request):
    """What the link to the form knows: the opinion box, a client's page."""
    given = {"way": request.GET.get("way", "counter"), "client": request.GET.get("client")}
    chosen = {"branch": request.GET.get("branch"), "named": request.GET.getlist("named")}
    return {**given, **chosen, "level": "normal", "people": 1}


def _chooses(user):
    return not _own_branch(user) or any(h.role in EVERYWHERE_ROLES for h in user.holdings)


def _lists(request):
    """Branches one may choose, and who may be named at the branch that is chosen."""
    user, chooses = request.user, _chooses(request.user)
    branches = Branch.objects.outlets() if chooses else Branch.objects.filter(pk=user.branch_id)
    typed = (request.POST if request.method == "POST" else request.GET).get("branch", "")
    chosen = branches.filter(pk=int(typed)).first() if chooses and PLAIN_KEY.fullmatch(typed) else None
    branch = chosen or (user.branch if _own_branch(user) else None)
    people = complaint_take.staff_of(branch) if branch else User.objects.none()
    return {"branches": branches.order_by("path"), "people": people}


def _taken(request, made):
    """To the page of the complaint, or, for whoever must keep out now, back with its number."""
    text = _("Complaint {number} is on record; answer by {day}.").format(
        number=made.number, day=made.due_on.isoformat()
    )
    messages.success(request, text, extra_tags="met")
    if Complaint.objects.visible_to(request.user).filter(pk=made.pk).exists():
        return htmx.redirect(request, reverse("complaints:complaint", args=[made.pk]))
    return htmx.redirect(request, reverse("complaints:complaints"))
