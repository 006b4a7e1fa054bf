"""The archive register: the list, a query, one file with everything that was done with it (C-07)."""

from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Prefetch
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from rmflow.doors import htmx
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock, current
from rmflow.workdays.rules import chip
from rmflow.workflow import Refused

from .. import custody_forms as forms
from .. import custody_stats, custody_words
from ..actions import custody, holds, lending
from ..custody_rules import FILE_TRANSITIONS, LOAN_OPEN, FileState, Link
from ..models import Archive, CustodyEvent, Hold, Loan
from .custody_steps import ask

PAGE = 25
SHOWS = {
    "all": pgettext_lazy("archives", "All"),
    "opened": gettext_lazy("To be filed"),
    "filed": gettext_lazy("In the cabinet"),
    "lent": gettext_lazy("Lent out"),
    "late": gettext_lazy("Overdue"),
    "due": gettext_lazy("Retention over"),
    "held": gettext_lazy("On hold"),
    "destroyed": gettext_lazy("Destroyed"),
}
SORTS = {
    "number": (gettext_lazy("By number"), ("file_no", "pk")),
    "newest": (pgettext_lazy("archive", "Newest first"), ("-opened_at", "-pk")),
    "unchecked": (gettext_lazy("Longest unchecked first"), (F("checked_on").asc(nulls_first=True), "pk")),
    "until": (gettext_lazy("By end of retention"), (F("keep_until").asc(nulls_last=True), "pk")),
}
STATES = {
    FileState.OPENED: "today",
    FileState.FILED: "met",
    FileState.LENT: "open",
    FileState.DESTROYED: "done",
}
LINKS = [(None, pgettext_lazy("archives", "All")), *Link.choices]


@require_GET
def index(request):
    """The register; filter, sort and page stand in the address."""
    user, today = request.user, clock.today()
    permissions.require(user, Permission.QUERY_ARCHIVE)
    show, sort = request.GET.get("show", ""), request.GET.get("sort", "")
    show, sort = show if show in SHOWS else "all", sort if sort in SORTS else "number"
    counts = custody_stats.by_state(user, today)
    rows = shown(Archive.objects.visible_to(user), show, today).order_by(*SORTS[sort][1])
    page = Paginator(with_loans(rows), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [line(archive, user, today) for archive in page.object_list],
        "shows": [
            {"label": label, "count": counts[key], "url": _url(key, sort), "current": key == show}
            for key, label in SHOWS.items()
        ],
        "sorts": [
            {"label": label, "url": _url(show, key), "current": key == sort}
            for key, (label, _order) in SORTS.items()
        ],
        "several": len(scope(user, Permission.QUERY_ARCHIVE).branch_ids) > 1,
        "filtered": show != "all",
    }
    return htmx.render(request, "custody/register.html", "custody/_files.html", context)


def _url(show, sort):
    return "?" + urlencode({"show": show, "sort": sort})


def shown(rows, show, today):
    """The rows of one chip."""
    held = Exists(Hold.objects.in_force().filter(client=OuterRef("client")))
    if show in FileState.values:
        return rows.filter(state=show)
    if show == "late":
        return rows.filter(Exists(Loan.objects.overdue(today).filter(archive=OuterRef("pk"))))
    rows = rows.exclude(state=FileState.DESTROYED)
    if show == "held":
        return rows.filter(held)
    if show == "due":
        return rows.filter(~held, state=FileState.FILED, keep_until__lt=today)
    return rows


def with_loans(rows):
    """Rows with the client, the open loan and the holds, in a constant number of queries."""
    loans = Loan.objects.filter(state__in=LOAN_OPEN).select_related("borrower")
    return rows.select_related("client__owner", "branch").prefetch_related(
        Prefetch("loans", loans, to_attr="open_loans"),
        Prefetch("client__holds", Hold.objects.in_force(), to_attr="holds_in_force"),
    )


def line(archive, user, today):
    """What a row shows; the client's name as masked as everywhere."""
    loan = next(iter(archive.open_loans), None)
    return {
        "archive": archive,
        "name": archive.client.name_for(user),
        "owner": archive.client.owner.name if archive.client.owner_id else "",
        "state": STATES[archive.state],
        "held": bool(archive.client.holds_in_force),
        "over": bool(archive.keep_until and archive.keep_until < today and archive.state == FileState.FILED),
        "loan": loan,
        "chip": chip(loan.due_on, today, current.calendar())
        if loan and archive.state == FileState.LENT
        else None,
    }


@never_cache
@require_http_methods(["GET", "POST"])
def query(request):
    """查询: by number or name, for a purpose; posted, so that no name stands in an address."""
    user, today = request.user, clock.today()
    permissions.require(user, Permission.QUERY_ARCHIVE)
    if request.method == "GET":
        return redirect("custody:index")
    context = {"q": request.POST.get("q", ""), "purpose": request.POST.get("purpose", "")}
    try:
        found = custody.query(by=user, text=context["q"], purpose=context["purpose"], request=request)
    except Refused as refused:
        context["errors"] = {name: texts[0] for name, texts in refused.errors.items()}
        return render(request, "custody/query.html", context, status=422)
    rows = with_loans(Archive.objects.visible_to(user).filter(pk__in=[archive.pk for archive in found]))
    context["lines"] = [line(archive, user, today) for archive in rows.order_by("file_no")]
    return render(request, "custody/query.html", context)


def visible(request, pk):
    """The archive of an address, for readers of the register; 404 outside their branches."""
    permissions.require(request.user, Permission.QUERY_ARCHIVE)
    rows = with_loans(Archive.objects.visible_to(request.user))
    return rows.select_related("client__owner", "client__backup", "branch", "opened_by", "filed_by").get(
        pk=pk
    )


@never_cache
@require_GET
def file(request, pk):
    """One file: where it is, who has it, until when it is kept, and its events by link."""
    user, today = request.user, clock.today()
    archive = visible(request, pk)
    log(AccessEvent.Kind.VIEW, by=user, obj=archive.client, fields=["register"], request=request)
    link = request.GET.get("link", "")
    link = link if link in Link.values else None
    events = CustodyEvent.objects.filter(archive=archive).select_related("by", "approved_by")
    events = events.filter(link=link) if link else events
    found = Paginator(events.order_by("-at", "-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        **line(archive, user, today),
        "events": custody_words.lines(found.object_list),
        "page": found,
        "links": [
            {"label": label, "url": f"?link={key or ''}", "current": key == link} for key, label in LINKS
        ],
        "holds": archive.client.holds_in_force,
        "steps": steps(archive, user),
        "may_hold": scope(user, Permission.HOLD_ARCHIVE).covers(archive.branch)
        and archive.state != FileState.DESTROYED,
        "until": chip(archive.keep_until, today, current.calendar()) if archive.keep_until else None,
        "may_see_client": scope(user, Permission.SEE_CLIENTS).covers(archive.branch),
    }
    return render(request, "custody/file.html", context)


#: Steps with a page of their own, in the order of their buttons.
STEPS = ("file", "lend", "store", "update")
STEP_ICONS = {"file": "archive", "lend": "corner-up-right", "store": "map-pin", "update": "paperclip"}
TITLES = {
    "file": gettext_lazy("File the archive"),
    "lend": gettext_lazy("Lend the archive"),
    "store": gettext_lazy("Move the archive"),
    "update": gettext_lazy("Add papers"),
    "hold": gettext_lazy("Put on hold"),
}


def steps(archive, user):
    """What `user` may do with the file now."""
    reached = [
        name
        for name in STEPS
        if FILE_TRANSITIONS[name].allows(archive.state)
        and scope(user, FILE_TRANSITIONS[name].permission).covers(archive.branch)
    ]
    if archive.open_loans and "lend" in reached:
        reached.remove("lend")
    return [
        {
            "label": TITLES[name],
            "icon": STEP_ICONS[name],
            "url": reverse("custody:step", args=[archive.pk, name]),
            "primary": name in ("file", "lend"),
        }
        for name in reached
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def step(request, pk, name):
    """The form of one step, and the step itself."""
    archive, user = visible(request, pk), request.user
    if name not in TITLES:
        raise Archive.DoesNotExist
    needed = Permission.HOLD_ARCHIVE if name == "hold" else FILE_TRANSITIONS[name].permission
    permissions.require(user, needed, archive.branch)
    data = request.POST if request.method == "POST" else None
    form, do = FORMS[name](archive, user, data)
    note = f"{archive.file_no} · {archive.client.name_for(user)}"
    back = reverse("custody:file", args=[pk])
    return ask(request, form, TITLES[name], do, back=back, done=_("Recorded in the register"), note=note)


def _file(archive, user, data):
    return forms.FileForm(data), lambda clean: custody.file_archive(archive.pk, by=user, **clean)


def _store(archive, user, data):
    return forms.StoreForm(data), lambda clean: custody.store(archive.pk, by=user, **clean)


def _update(archive, user, data):
    return forms.PapersForm(data), lambda clean: custody.add_papers(archive.pk, by=user, **clean)


def _lend(archive, user, data):
    people = lending.borrowers(archive.branch)
    form = forms.LendForm(data, borrowers=people, due=lending.usual_due(clock.today()))
    return form, lambda clean: lending.lend(archive.pk, by=user, **clean)


def _hold(archive, user, data):
    return forms.HoldForm(data), lambda clean: holds.hold_by_hand(archive.pk, by=user, **clean)


FORMS = {"file": _file, "store": _store, "update": _update, "lend": _lend, "hold": _hold}


@never_cache
@require_http_methods(["GET", "POST"])
def release(request, pk):
    """Lift a hold, with the reason."""
    permissions.require(request.user, Permission.HOLD_ARCHIVE)
    archives = Archive.objects.visible_to(request.user)
    hold = Hold.objects.select_related("client__archive").filter(client__archive__in=archives).get(pk=pk)
    archive = hold.client.archive
    form = forms.NoteForm(request.POST if request.method == "POST" else None)
    return ask(
        request,
        form,
        pgettext("archive", "Lift the hold"),
        lambda clean: holds.release_by_hand(pk, by=request.user, **clean),
        back=reverse("custody:file", args=[archive.pk]),
        done=_("Hold lifted"),
        note=f"{archive.file_no} · {hold.reason}",
    )
