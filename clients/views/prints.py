"""Paper: 优质客户信息记录表 as an A4 form, its columns in the order of the form (domain-rules §1.5)."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock
from rmflow.workdays.actions import custody

from ..sheet.groups import GROUPS, LETTERS
from ..sheet.record import Record
from .index import visible
from .moved import follows_merges


@never_cache
@require_GET
@follows_merges
def form(request, pk):
    """The form as its reader may see it: masked like the page; each print is on record."""
    client = visible(request, pk)
    custody.require_readable(client.branch_id)
    record = Record(client, request.user, today=clock.today())
    if record.closed:
        raise PermissionDenied(_("This archive is kept to its managers."))
    log(AccessEvent.Kind.PRINT, by=request.user, obj=client, fields=list(GROUPS), request=request)
    context = {
        "client": client,
        "name": client.name_for(request.user),
        "archive": getattr(client, "archive", None),
        "groups": [
            {"letter": letter, "title": title, "pairs": _pairs(lines(record))}
            for letter, (title, lines) in zip(LETTERS, GROUPS.values(), strict=True)
        ],
        "now": clock.now(),
    }
    return render(request, "clients/record_print.html", context)


def _pairs(lines):
    """Two lines a row, as the form stands on paper; the last one alone."""
    return [lines[n : n + 2] for n in range(0, len(lines), 2)]
