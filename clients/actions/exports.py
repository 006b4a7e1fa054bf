"""Lists of clients as workbooks: ordered here, on record; a long one is made by a worker."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rmflow.privacy import exports
from rmflow.staff import permissions
from rmflow.staff.models import bank_now
from rmflow.staff.permissions import Permission

from ..models import Segment
from ..scoring import asked as question
from ..scoring import workbook as of_tiers
from ..segments import segment_clients
from ..segments import workbook as of_segments


def of_segment(segment_id, *, by, request=None):
    """The clients of a segment, all of them. Returns the Export."""
    from ..tasks import export_segment

    permissions.require(by, Permission.USE_SEGMENTS)
    segment = Segment.objects.visible_to(by).get(pk=segment_id)
    return exports.order(
        export_segment,
        of_segments.write,
        by=by,
        asked={"segment": segment.pk, "language": get_language()},
        name=f"{_('Segment')}_{segment.name}_{bank_now():%Y%m%d}.xlsx",
        rows=segment_clients(segment, by).count(),
        object_type="clients.client",
        item_key=f"segment:{segment.pk}",
        request=request,
    )


def of_run(run, query, *, by, request=None):
    """One list of an evaluation, all of it; `query` as in its page's address. Returns the Export."""
    from ..tasks import export_tiers

    permissions.require(by, Permission.SEE_TIERS)
    asked = {name: query.get(name, "") for name in question.WORDS}
    _which, rows = question.rows(run, question.read(by, asked, run))
    return exports.order(
        export_tiers,
        of_tiers.write,
        by=by,
        asked={**asked, "run": run.pk, "language": get_language()},
        name=f"{_('Tier evaluation')}_{run.month:%Y%m}_{bank_now():%Y%m%d}.xlsx",
        rows=rows.count(),
        object_type="clients.evaluation",
        item_key=f"run:{run.pk}",
        request=request,
    )
