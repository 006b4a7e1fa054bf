"""Workbooks: watched while they are made, fetched once they are done, by whoever asked for them."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from rmflow.doors import htmx

from .models import Export

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def go(request, export):
    """A small workbook comes at once; a large one has a page that shows how far it is."""
    name = "privacy:export_file" if export.state == Export.State.READY else "privacy:export"
    return htmx.redirect(request, reverse(name, args=[export.pk]))


@require_GET
def show(request, pk):
    """How far a workbook is; the piece asks again by itself until it is there."""
    export = Export.objects.defer("file").filter(by=request.user).get(pk=pk)
    percent = 100 if export.state == Export.State.READY else round(100 * export.done / max(1, export.rows))
    context = {"export": export, "percent": min(percent, 100)}
    return htmx.render(request, "privacy/export.html", "privacy/_export.html", context)


@require_GET
def file(request, pk):
    """The workbook itself."""
    export = Export.objects.filter(by=request.user, state=Export.State.READY).get(pk=pk)
    response = HttpResponse(bytes(export.file), content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, export.name)
    response["Cache-Control"] = "no-store"
    return response
