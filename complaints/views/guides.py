"""叫号优先引导登记: the register of the desk, a line written in two taps, struck out, printed (§1.9)."""

import datetime
import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from clients.recognition import read_ticket
from rmflow.doors import htmx, idempotency
from rmflow.privacy.actions import Kind, log
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from ..actions import guides as actions
from ..guide_forms import GuideForm
from ..models import Guide
from ..rules.guides import MOST_DAYS

PAGE = 25
SEEN = 7  # days shown until one chooses others


def require_any(user):
    """Who meets the register: desks, and who answers for a lobby."""
    if not user.has(Permission.RECOGNISE_CLIENT):
        permissions.require(user, Permission.SEE_DUTY)


class Asked:
    """Days and branch of the address; what is not known counts as not given."""

    def __init__(self, user, given):
        require_any(user)
        self.today = clock.today()
        self.last = min(_day(given.get("last", "")) or self.today, self.today)
        first = _day(given.get("first", "")) or self.last - datetime.timedelta(days=SEEN - 1)
        self.first = max(min(first, self.last), self.last - datetime.timedelta(days=MOST_DAYS - 1))
        held = Guide.objects.visible_to(user)
        self.branches = list(Branch.objects.filter(pk__in=held.values("branch")).order_by("code"))
        self.branch = next((b for b in self.branches if str(b.pk) == given.get("branch", "")), None)
        self.rows = held.filter(on__range=(self.first, self.last)).select_related("client", "by", "branch")
        if self.branch:
            self.rows = self.rows.filter(branch=self.branch)

    def url(self, name):
        asked = {"first": self.first, "last": self.last}
        return f"{reverse(name)}?{urlencode(asked | ({'branch': self.branch.pk} if self.branch else {}))}"


def _day(text):
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


@never_cache
@require_GET
def register(request, form=None, status=200):
    """The lines of the days asked for, newest first; the form for one more above them."""
    user, asked = request.user, Asked(request.user, request.GET)
    page = Paginator(asked.rows.order_by("-at", "-pk"), PAGE).get_page(request.GET.get("page"))
    may_write = user.has(Permission.RECOGNISE_CLIENT)
    context = {
        "asked": asked,
        "page": page,
        "lines": [line(row, user) for row in page],
        "today_count": Guide.objects.visible_to(user).standing().filter(on=asked.today).count(),
        "form": (form or GuideForm()) if may_write else None,
        "key": uuid.uuid4(),
        "print_url": asked.url("closures:guides_print"),
        "several": len(asked.branches) > 1,
        "unit": pgettext("unit", "lines"),
    }
    return htmx.render(
        request, "complaints/guides.html", "complaints/_guide_lines.html", context, status=status
    )


def line(row, user):
    """A line as it reads; the name masked unless one looks after the client."""
    return {
        "row": row,
        "name": row.client.name_for(user) if row.client else row.addressed_as,
        "basis": row.get_basis_display(),
        "place": row.get_place_display(),
        "struck": row.struck_at is not None,
        "may_strike": row.struck_at is None and actions.may_strike(row, user),
    }


@require_POST
def record(request):
    """One line, from the register or beside a recognised client; the same form twice is one line."""
    user = request.user
    permissions.require(user, Permission.RECOGNISE_CLIENT)
    form = GuideForm(request.POST)
    if not form.is_valid():
        return _again(request, form)
    try:
        words = dict(form.cleaned_data)
        ticket = words.pop("ticket")
        client_id = read_ticket(ticket, user) if ticket else None
        body = {**words, "client": client_id}
        idempotency.once(
            user, idempotency.key_of(request), body, lambda: (201, _record(user, client_id, words))
        )
    except Refused as refusal:
        form.add_refusal(refusal)
        return _again(request, form)
    messages.success(request, _("In the register"), extra_tags="met")
    return htmx.redirect(request, reverse("closures:guides"))


def _record(user, client_id, words):
    return {"guide": actions.record(by=user, client_id=client_id, **words).pk}


def _again(request, form):
    """The page once more with what was typed; a client's ticket is not shown twice."""
    request.method = "GET"
    request.META.pop("HTTP_HX_REQUEST", None)
    return register(request, form=form, status=422)


@require_POST
def strike(request, pk):
    """A wrong line is struck out and stays legible."""
    actions.strike(pk, by=request.user, why=request.POST.get("note", ""))
    messages.success(request, _("The line is struck out"), extra_tags="met")
    return htmx.redirect(request, reverse("closures:guides"))


@never_cache
@require_GET
def paper(request):
    """The register of the days asked for on A4."""
    asked = Asked(request.user, request.GET)
    lines = [line(row, request.user) for row in asked.rows.order_by("at", "pk")]
    log(Kind.PRINT, by=request.user, object_type="complaints.guide", rows=len(lines), request=request)
    context = {"asked": asked, "lines": lines, "now": clock.now(), "back": asked.url("closures:guides")}
    return render(request, "complaints/guides_print.html", context)
