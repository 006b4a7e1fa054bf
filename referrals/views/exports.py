"""Workbooks: asked for, watched while they are made, fetched once they are done."""

from urllib.parse import quote

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx

from .. import workbook
from ..actions import exports as actions
from ..asked import Asked
from ..models import Export

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_POST
def start(request):
    """A small workbook comes at once; a large one has a page that shows how far it is."""
    asked = Asked.of(request)
    export = actions.start(
        asked.kept(), asked.question, by=request.user, name=workbook.file_name(asked), request=request
    )
    if export.state == Export.State.READY:
        return htmx.redirect(request, reverse("referrals:export_file", args=[export.pk]))
    return htmx.redirect(request, reverse("referrals:export", args=[export.pk]))


def _own(request, pk):
    return Export.objects.defer("file").filter(by=request.user).get(pk=pk)


@require_GET
def show(request, pk):
    """How far a workbook is; the piece asks again by itself until it is there."""
    export = _own(request, pk)
    percent = 100 if export.state == Export.State.READY else round(100 * export.done / max(1, export.rows))
    context = {"export": export, "percent": min(percent, 100)}
    return htmx.render(request, "referrals/export.html", "referrals/_export.html", context)


@require_GET
def file(request, pk):
    """The workbook itself, for whoever asked for it."""
    export = Export.objects.filter(by=request.user, state=Export.State.READY).get(pk=pk)
    response = HttpResponse(bytes(export.file), content_type=XLSX)
    response["Content-Disposition"] = (
        f"attachment; filename=\"statistics.xlsx\"; filename*=UTF-8''{quote(export.name)}"
    )
    response["Cache-Control"] = "no-store"
    return response
