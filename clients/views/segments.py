"""客户分群: the list of segments, the builder with its live count, a segment's clients, the export (C-06)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rmflow.doors import htmx
from rmflow.privacy import export_views
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workflow import Conflict, Refused

from ..actions import exports
from ..actions import segments as actions
from ..models import Segment
from ..segments import builder, fields, matching, rules, segment_clients
from ..segments.rules import Match
from ..segments.words import describe
from .index import SORTS, TITLES, line

PAGE = 25


@require_GET
def index(request):
    """One's own segments and those shared in one's branches."""
    user = request.user
    permissions.require(user, Permission.USE_SEGMENTS)
    rows = Segment.objects.visible_to(user).select_related("owner", "branch").order_by("name", "pk")
    whose = request.GET.get("whose", "")
    found = [
        row for row in rows if whose not in ("own", "shared") or (row.owner_id == user.pk) == (whose == "own")
    ]
    context = {
        "lines": [_line(row, user) for row in found],
        "chips": _chips(rows, user, whose),
        "filtered": bool(whose),
    }
    return render(request, "clients/segments.html", context)


def _line(row, user):
    return {"row": row, "own": row.owner_id == user.pk, "words": _words(row.conditions, user)}


def _words(conditions, user):
    """The sentences of a definition; None when it can no longer be read."""
    try:
        return describe(rules.check(conditions, fields.shapes(user, strict=False)), user)
    except Refused:
        return None


def _chips(rows, user, chosen):
    own = sum(row.owner_id == user.pk for row in rows)
    labels = {"": (_("All"), len(rows)), "own": (_("My own"), own), "shared": (_("Shared"), len(rows) - own)}
    return [
        {"label": label, "count": count, "url": f"?whose={key}", "current": key == chosen}
        for key, (label, count) in labels.items()
    ]


# -- the builder ------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def edit(request, pk=None):
    """The builder: `do` adds or drops a row, or saves; what was typed is kept whatever the answer."""
    user = request.user
    permissions.require(user, Permission.USE_SEGMENTS)
    segment = actions.owned(pk, by=user, lock=False) if pk else None
    if request.method == "GET":
        state = builder.of_definition(segment.conditions if segment else rules.empty())
        state = state if segment else builder.change(state, "add-0")
        return _editor(request, segment, state, _facts(segment))
    state, what = builder.of_post(request.POST), request.POST.get("do", "save")
    facts = {name: request.POST.get(name, "") for name in ("name", "note", "changed_at")}
    facts["shared"] = request.POST.get("shared") == "1"
    if what != "save":
        return _editor(request, segment, builder.change(state, what), facts)
    try:
        row = actions.save_segment(by=user, pk=pk, conditions=builder.definition(state, user), **facts)
    except Conflict as conflict:
        return _editor(request, segment, state, facts, {"groups": conflict.message}, status=409)
    except Refused as refused:
        errors = {name: texts[0] for name, texts in refused.errors.items()}
        return _editor(request, segment, state, facts, errors, status=422)
    messages.success(request, _("Saved"), extra_tags="met")
    return htmx.redirect(request, reverse("clients:segment", args=[row.pk]))


def _facts(segment):
    if segment is None:
        return {"name": "", "note": "", "shared": False, "changed_at": ""}
    return {
        "name": segment.name,
        "note": segment.note,
        "shared": segment.shared,
        "changed_at": segment.changed_at.isoformat(),
    }


def _editor(request, segment, state, facts, errors=None, status=200):
    user, errors = request.user, dict(errors or {})
    counted = _count(state, user)
    context = {
        "segment": segment,
        "facts": facts,
        "errors": errors,
        "state": builder.picture(state, user, errors),
        "fields": fields.grouped(user),
        "matches": Match.choices,
        "name_length": actions.NAME,
        "note_length": actions.NOTE,
        **counted,
    }
    return htmx.render(
        request, "clients/segment_edit.html", "clients/_segment_builder.html", context, status=status
    )


@require_POST
def count(request):
    """The live count of what is being built: the fragment beside the builder."""
    permissions.require(request.user, Permission.USE_SEGMENTS)
    counted = _count(builder.of_post(request.POST), request.user)
    return render(request, "clients/_segment_count.html", counted)


def _count(state, user):
    """How many one would see now, or what is missing still."""
    try:
        return {"count": matching(builder.definition(state, user), user).count(), "hint": ""}
    except Refused as refused:
        return {"count": None, "hint": next(iter(refused.errors.values()))[0]}


# -- one segment ------------------------------------------------------------------------------------


@require_GET
def show(request, pk):
    """The clients of a segment: paged, sorted, masked as everywhere."""
    user = request.user
    permissions.require(user, Permission.USE_SEGMENTS)
    segment = Segment.objects.visible_to(user).select_related("owner", "branch").get(pk=pk)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "name"
    words = _words(segment.conditions, user)
    context = {"segment": segment, "own": segment.owner_id == user.pk, "words": words}
    if words is not None:
        rows = segment_clients(segment, user)
        found = rows.select_related("owner", "branch").order_by(*SORTS[sort])
        page = Paginator(found, PAGE).get_page(request.GET.get("page"))
        reach = scope(user, Permission.SEE_CLIENTS)
        context |= {
            "page": page,
            "lines": [line(client, user) for client in page.object_list],
            "sorts": [
                {"label": label, "url": f"?sort={key}", "current": key == sort}
                for key, label in TITLES.items()
            ],
            "several": bool(reach.paths) or reach.everywhere or len(reach.branch_ids) > 1,
            "unit": pgettext("unit", "clients"),
        }
    return htmx.render(request, "clients/segment.html", "clients/_segment_clients.html", context)


@require_POST
def export(request, pk):
    """The list as Excel, masked and marked; a long one is made in the background."""
    return export_views.go(request, exports.of_segment(pk, by=request.user, request=request))


@require_POST
def copy(request, pk):
    row = actions.copy_segment(pk, by=request.user)
    messages.success(request, _("Copied; change it as you like"), extra_tags="met")
    return htmx.redirect(request, reverse("clients:segment_edit", args=[row.pk]))


@require_POST
def delete(request, pk):
    actions.delete_segment(pk, by=request.user)
    messages.success(request, _("The segment is deleted"), extra_tags="met")
    return htmx.redirect(request, reverse("clients:segments"))
