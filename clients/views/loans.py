"""The lending desk: what is asked for, fetched, out, overdue; and a manager's own loans (C-07)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock, current
from rmflow.workdays.rules import chip

from .. import custody_forms as forms
from .. import custody_stats
from ..actions import lending
from ..custody_rules import LOAN_TRANSITIONS, LoanState
from ..models import Client, Loan
from .custody_steps import ask

PAGE = 25
SHOWS = {
    "lent": pgettext_lazy("loans", "Out"),
    "late": gettext_lazy("Overdue"),
    "asked": gettext_lazy("Waiting for approval"),
    "approved": gettext_lazy("To be fetched"),
    "returned": pgettext_lazy("loans", "Over"),
}
STATES = {
    LoanState.ASKED: "today",
    LoanState.APPROVED: "open",
    LoanState.LENT: "open",
    LoanState.REFUSED: "done",
    LoanState.RETURNED: "met",
}


@require_GET
def index(request):
    """Loans of one's branches; the most pressing first."""
    user, today = request.user, clock.today()
    permissions.require(user, Permission.QUERY_ARCHIVE)
    counts = custody_stats.waiting_for(user, today)
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "lent"
    rows = Loan.objects.visible_to(user)
    if show == "late":
        rows = rows.overdue(today)
    elif show == "returned":
        rows = rows.filter(state__in=(LoanState.RETURNED, LoanState.REFUSED))
    else:
        rows = rows.filter(state=show)
    order = ("-asked_at", "-pk") if show == "returned" else ("due_on", "pk")
    context = _page(request, rows.order_by(*order), user, today)
    context["shows"] = [
        {"label": label, "count": counts.get(key), "url": f"?show={key}", "current": key == show}
        for key, label in SHOWS.items()
    ]
    return render(request, "custody/loans.html", context)


@require_GET
def mine(request):
    """What one has borrowed, and asked for."""
    user = request.user
    rows = Loan.objects.filter(borrower=user).order_by("-asked_at", "-pk")
    return render(request, "custody/loans.html", {**_page(request, rows, user, clock.today()), "mine": True})


def _page(request, rows, user, today):
    rows = rows.select_related("archive__client", "archive__branch", "borrower", "settled_by")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return {"page": page, "lines": [line(loan, user, today) for loan in page.object_list]}


def line(loan, user, today):
    """One loan and what the reader may do with it."""
    may = [
        name
        for name, arrow in LOAN_TRANSITIONS.items()
        if arrow.allows(loan.state) and scope(user, arrow.permission).covers(loan.archive.branch)
    ]
    if loan.borrower_id == user.pk:
        may = [name for name in may if name not in ("approve", "refuse")]
    returned = loan.returned_at.astimezone(clock.SHANGHAI).date() if loan.returned_at else None
    running = loan.state in (LoanState.LENT, LoanState.RETURNED)
    return {
        "loan": loan,
        "name": loan.archive.client.name_for(user),
        "state": STATES[loan.state],
        "chip": chip(loan.due_on, today, current.calendar(), done_on=returned) if running else None,
        "may_approve": "approve" in may,
        "may_hand_out": "hand-out" in may,
        "may_return": "return" in may,
        "may_open": scope(user, Permission.QUERY_ARCHIVE).covers(loan.archive.branch),
    }


@require_POST
def approve(request, pk):
    """Approve with one tap."""
    lending.approve(pk, by=request.user)
    messages.success(request, _("Approved"), extra_tags="met")
    return htmx.redirect(request, reverse("custody:loans") + "?show=asked")


@require_POST
def hand_out(request, pk):
    """The file leaves the cabinet."""
    lending.hand_out(pk, by=request.user)
    messages.success(request, _("Handed out"), extra_tags="met")
    return htmx.redirect(request, reverse("custody:loans"))


@never_cache
@require_http_methods(["GET", "POST"])
def refuse(request, pk):
    """Refuse with the reason."""
    return _asked(request, pk, forms.NoteForm, _("Refuse the loan"), lending.refuse, "refuse")


@never_cache
@require_http_methods(["GET", "POST"])
def take_back(request, pk):
    """Take the file back: where it stands now, whether anything is wrong."""
    return _asked(request, pk, forms.ReturnForm, _("Take the archive back"), lending.take_back, "return")


def _asked(request, pk, form_class, title, action, name):
    loan = Loan.objects.visible_to(request.user).select_related("archive__branch", "borrower").get(pk=pk)
    permissions.require(request.user, LOAN_TRANSITIONS[name].permission, loan.archive.branch)
    initial = {"place": loan.archive.place}
    form = form_class(request.POST if request.method == "POST" else None, initial=initial)
    return ask(
        request,
        form,
        title,
        lambda clean: action(pk, by=request.user, **clean),
        back=reverse("custody:loans"),
        done=_("Recorded in the register"),
        note=f"{loan.archive.file_no} · {loan.borrower.name}",
    )


@never_cache
@require_http_methods(["GET", "POST"])
def borrow(request, pk):
    """A manager asks for a client's file."""
    user = request.user
    client = Client.objects.visible_to(user).select_related("branch", "archive").get(pk=pk)
    permissions.require(user, Permission.BORROW_ARCHIVE)
    initial = {"due_on": lending.usual_due(clock.today())}
    form = forms.AskForm(request.POST if request.method == "POST" else None, initial=initial)
    return ask(
        request,
        form,
        _("Borrow the archive"),
        lambda clean: lending.ask(pk, by=user, **clean) and reverse("custody:loans_mine"),
        back=reverse("clients:sheet", args=[pk]),
        done=_("Asked for; the archivist sees it"),
        note=client.name_for(user),
    )
