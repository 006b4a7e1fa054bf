"""The statistics as a workbook: ordered here, written by `workbook`."""

from rmflow.privacy import exports
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from .. import workbook
from ..stats import behind


def start(asked, question, *, by, name, request=None):
    """Put a workbook on order: made at once when small, else by a worker. Returns the Export."""
    from ..tasks import make_export

    permissions.require(by, Permission.SEE_STATISTICS)
    return exports.order(
        make_export,
        workbook.write,
        by=by,
        asked=asked,
        name=name,
        rows=behind.slips(question).count() + behind.deals(question).count(),
        object_type="referrals.referral",
        request=request,
    )
