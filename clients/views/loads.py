"""导入: files sent or found in the inbox, previewed, loaded by a worker, listed, the last one taken back (B-15)."""

import csv
import json

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused

from .. import load_forms, tasks
from ..actions import column_maps, drop, loads
from ..importing import FileFault, guess, parse_map, shipped
from ..load_rules import OPEN, RETRY, FileKind, LoadState
from ..models import ColumnMap, FileLoad

PAGE, ERRORS_SHOWN = 25, 20
AT_ONCE = 20_000  # rows whose undo a page may wait for
BADGES = {
    LoadState.WAITING: "today",
    LoadState.DONE: "met",
    LoadState.FAILED: "past",
    LoadState.REPEATED: "done",
    LoadState.UNDONE: "done",
    LoadState.DROPPED: "done",
}


def _line(load):
    """A load as lists and pages show it."""
    progress = drop.progress_of(load.pk) if load.state in OPEN else None
    return {
        "load": load,
        "badge": BADGES.get(load.state, "open"),
        "open": load.state in OPEN,
        "retry": load.state in RETRY and load.stored,
        "share": int(100 * progress[0] / progress[1]) if progress and progress[1] else 0,
        "read": progress[2] if progress else 0,
        "errors": load.refused and drop.errors_at(load).exists(),
    }


@require_GET
def index(request):
    """The history, newest first; the box to send a file; what waits."""
    permissions.require(request.user, Permission.LOAD_FILES)
    kind = request.GET.get("kind", "")
    rows = FileLoad.objects.select_related("by").order_by("-pk")
    rows = rows.filter(kind=kind) if kind in FileKind.values else rows
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = [_line(load) for load in page.object_list]
    chips = [("", pgettext("filter", "All")), *FileKind.choices]
    context = {
        "page": page,
        "lines": lines,
        "moving": any(line["open"] for line in lines),
        "chips": [{"label": label, "url": f"?kind={key}", "current": key == kind} for key, label in chips],
        "inbox": str(drop.folder("inbox").name),
        "unit": pgettext("unit", "files"),
    }
    return htmx.render(request, "clients/loads.html", "clients/_loads.html", context)


@require_POST
def upload(request):
    """Keep the file and go to its preview."""
    permissions.require(request.user, Permission.LOAD_FILES)
    sent = request.FILES.get("file")
    if sent is None:
        raise Refused(_("Choose a file."), field="file")
    load = drop.receive(sent, by=request.user)
    return htmx.redirect(request, reverse("loads:load", args=[load.pk]))


# -- one load -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def show(request, pk):
    """A file: its preview while it waits, its progress while it is loaded, its result afterwards."""
    permissions.require(request.user, Permission.LOAD_FILES)
    load = FileLoad.objects.select_related("by", "undone_by").get(pk=pk)
    if request.method == "POST":
        return _steps(request, load)
    if load.state in RETRY and load.stored:
        if htmx.wants_fragment(request):
            return _whole(request, load)
        body, name = (load.map_body, load.map_name) if load.map_body else _guessed(load)
        return _preview(request, load, body, chosen=name)
    context = {**_line(load), "faults": _faults(load), "last": _may_undo(load)}
    if htmx.wants_fragment(request) and not context["open"]:
        return _whole(request, load)
    return htmx.render(request, "clients/load.html", "clients/_load.html", context)


def _whole(request, load):
    """The look at the progress finds it over: the page comes whole, with what may be done now."""
    return htmx.redirect(request, reverse("loads:load", args=[load.pk]))


def _guessed(load):
    """(body, name) of a map for a file nobody chose one for: a saved one that fits, else by the headings."""
    look = guess.look(drop.stored_at(load))
    there = set(look.headings)
    fitting = [m for m in _maps() if m.columns and m.columns <= there]
    if fitting:
        best = max(fitting, key=lambda m: len(m.columns))
        return best.body, best.name
    return guess.body_for(guess.kind_of(look.headings), look.headings), ""


def _maps():
    """Saved maps, then those of the house."""
    saved = []
    for row in ColumnMap.objects.all():
        try:
            saved.append(parse_map(row.name, row.body))
        except FileFault:
            continue
    return [*saved, *shipped.maps()]


def _steps(request, load):
    """`do`: another kind, another map, or the fields as chosen; check, load, give up."""
    what, body = request.POST.get("do", "choose"), load_forms.body_of_post(request.POST)
    if what == "drop":
        drop.give_up(load.pk, by=request.user)
        messages.success(request, _("The file is removed; nothing was loaded"), extra_tags="met")
        return htmx.redirect(request, reverse("loads:index"))
    if load.state not in RETRY or not load.stored:
        return htmx.redirect(request, reverse("loads:load", args=[load.pk]))
    if what == "kind":
        kind = request.POST.get("kind", "")
        headings = guess.look(drop.stored_at(load)).headings
        body = guess.body_for(FileKind(kind) if kind in FileKind.values else FileKind.CLIENTS, headings)
    if what == "map":
        asked = request.POST.get("map", "")
        body = next((m.body for m in _maps() if m.name == asked), body)
    if what in ("check", "load"):
        return _begin(request, load, body, check=what == "check")
    return _preview(request, load, body)


def _begin(request, load, body, *, check):
    name = request.POST.get("save_as", "").strip()
    try:
        if name and not check:
            column_maps.save_map(by=request.user, name=name, body=body)
        drop.choose(load.pk, by=request.user, body=body, map_name=name or request.POST.get("map", ""))
        drop.begin(load.pk, by=request.user, check=check)
    except FileFault as fault:
        return _preview(request, load, body, errors={"body": str(fault)}, status=422)
    except Refused as refused:
        errors = {key: texts[0] for key, texts in refused.errors.items()}
        return _preview(request, load, body, errors=errors, status=422)
    tasks.load_file.delay_on_commit(load.pk)
    return htmx.redirect(request, reverse("loads:load", args=[load.pk]))


def _preview(request, load, body, errors=None, status=200, chosen=""):
    path = drop.stored_at(load)
    look = guess.look(path, _parsed(body))
    context = {
        "load": load,
        "look": look,
        "kind": load_forms.kind_in(body),
        "kinds": FileKind.choices,
        "body": json.dumps(body, ensure_ascii=False),
        "file": body.get("file", {}),
        "fields": list(load_forms.rows(body, look.headings)),
        "kept": load_forms.KEPT,
        "maps": [m.name for m in _maps()],
        "chosen": request.POST.get("map", chosen),
        "save_as": request.POST.get("save_as", ""),
        "outlets": _outlets(body),
        "missing": guess.missing(load_forms.kind_in(body), body),
        "errors": errors or {},
        "check": load.more.get("check"),
        "faults": _faults(load) if load.more.get("check") or load.state == LoadState.FAILED else None,
        **_trial(path, body),
    }
    return htmx.render(
        request, "clients/load_preview.html", "clients/_load_preview.html", context, status=status
    )


def _parsed(body):
    try:
        return parse_map("", body)
    except FileFault:
        return None


def _trial(path, body):
    """What the first rows say; the reason when they cannot even be tried."""
    try:
        rows, faults = guess.trial(path, parse_map("", body))
    except FileFault as fault:
        return {"tried": None, "why": str(fault)}
    return {"tried": rows, "broken": faults[:ERRORS_SHOWN], "broken_count": len(faults), "why": ""}


def _outlets(body):
    """Where clients may belong when their rows do not say; none for other files."""
    section = body.get("client")
    if section is None or "branch" in section:
        return []
    chosen = set(body.get("file", {}).get("branches", ()))
    rows = Branch.objects.outlets().order_by("code").values_list("code", "name")
    return [(code, f"{code} {name}", code in chosen) for code, name in rows]


def _faults(load):
    """The first lines of the error file; a row, its column, the reason, never the value."""
    path = drop.errors_at(load)
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        next(rows, None)
        return [row for row, _n in zip(rows, range(ERRORS_SHOWN), strict=False)]


def _may_undo(load):
    last = FileLoad.objects.last_done(load.kind) if load.kind else None
    return load.state == LoadState.DONE and last is not None and last.pk == load.pk


@require_GET
def errors(request, pk):
    """The error file: row, column, reason."""
    permissions.require(request.user, Permission.LOAD_FILES)
    load = FileLoad.objects.get(pk=pk)
    path = drop.errors_at(load)
    if not path.exists():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{load.name}-errors.csv")


@require_POST
def undo(request, pk):
    """Take the last load of its kind back; a large one in the background."""
    permissions.require(request.user, Permission.LOAD_FILES)
    load = FileLoad.objects.get(pk=pk)
    if load.new + load.changed > AT_ONCE:
        loads.begin_undo(pk, by=request.user)
        tasks.load_file.delay_on_commit(pk)
    else:
        loads.undo(pk, by=request.user)
        messages.success(request, _("The load is undone"), extra_tags="met")
    return htmx.redirect(request, reverse("loads:load", args=[pk]))


# -- column maps ----------------------------------------------------------------------------------------


@require_GET
def maps(request):
    """Saved maps and those of the house."""
    permissions.require(request.user, Permission.LOAD_FILES)
    kinds = dict(FileKind.choices)
    context = {
        "saved": ColumnMap.objects.select_related("saved_by").order_by("kind", "name"),
        "shipped": [
            {
                "name": m.name,
                "kind": kinds[m.kind],
                "pattern": m.pattern,
                "columns": sorted(m.columns | m.optional),
            }
            for m in shipped.maps()
        ],
    }
    return render(request, "clients/load_maps.html", context)


@require_http_methods(["GET", "POST"])
def map_edit(request, pk=None):
    """A saved map, without a file at hand."""
    permissions.require(request.user, Permission.LOAD_FILES)
    row = ColumnMap.objects.get(pk=pk) if pk else None
    if request.method == "GET":
        body = row.body if row else {"balances": {}}
        name = row.name if row else ""
        return _map_form(request, row, body, name)
    body, name = load_forms.body_of_post(request.POST), request.POST.get("name", "")
    if request.POST.get("do") == "kind":
        return _map_form(request, row, body, name)
    try:
        column_maps.save_map(by=request.user, name=name, body=body, pk=pk)
    except FileFault as fault:
        return _map_form(request, row, body, name, {"body": str(fault)}, 422)
    except Refused as refused:
        errors = {key: texts[0] for key, texts in refused.errors.items()}
        return _map_form(request, row, body, name, errors, 422)
    messages.success(request, _("Saved"), extra_tags="met")
    return htmx.redirect(request, reverse("loads:maps"))


def _map_form(request, row, body, name, errors=None, status=200):
    context = {
        "row": row,
        "name": name,
        "kind": load_forms.kind_in(body),
        "kinds": FileKind.choices,
        "body": json.dumps(body, ensure_ascii=False),
        "file": body.get("file", {}),
        "fields": list(load_forms.rows(body, [])),
        "kept": load_forms.KEPT,
        "outlets": _outlets(body),
        "errors": errors or {},
    }
    return htmx.render(request, "clients/load_map.html", "clients/_load_map.html", context, status=status)


@require_POST
def map_delete(request, pk):
    column_maps.delete_map(pk, by=request.user)
    messages.success(request, _("The map is forgotten"), extra_tags="met")
    return htmx.redirect(request, reverse("loads:maps"))
