"""The statistics' workbook is asked for here."""

from django.views.decorators.http import require_POST

from rmflow.privacy import export_views

from .. import workbook
from ..actions import exports as actions
from ..asked import Asked


@require_POST
def start(request):
    """A small workbook comes at once; a large one has a page that shows how far it is."""
    asked = Asked.of(request)
    return export_views.go(
        request,
        actions.start(
            asked.kept(), asked.question, by=request.user, name=workbook.file_name(asked), request=request
        ),
    )
