"""到期投诉档案: complaint files whose time is over, put on a list of destruction (B-13)."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clients.custody_rules import BATCH_MOST
from clients.views.custody_steps import proposed
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from ..actions import complaint_destroy


@never_cache
@require_http_methods(["GET", "POST"])
def index(request):
    """The files that are due, by number and days; a POST proposes a list."""
    user, errors = request.user, {}
    permissions.require(user, Permission.QUERY_ARCHIVE)
    if request.method == "POST":
        answer, errors = proposed(request, "complaints", _propose)
        if answer is not None:
            return answer
    rows = complaint_destroy.due(user, clock.today()).select_related("branch", "cause")
    page = Paginator(rows.order_by("keep_until", "pk"), BATCH_MOST).get_page(request.GET.get("page"))
    chosen = set(request.POST.getlist("complaints"))
    context = {
        "page": page,
        "lines": [{"complaint": row, "chosen": str(row.pk) in chosen} for row in page],
        "may_propose": user.branch is not None
        and scope(user, Permission.DESTROY_ARCHIVE).covers(user.branch),
        "errors": errors,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "complaints/retention.html", context, status=422 if errors else 200)


def _propose(branch, by, ids, reason):
    return complaint_destroy.propose(branch, by=by, complaint_ids=ids, reason=reason)
