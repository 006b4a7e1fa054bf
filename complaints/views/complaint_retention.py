"""到期投诉档案: complaint files whose time is over, put on a list of destruction (B-13)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clients.custody_rules import BATCH_MOST
from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..actions import complaint_destroy


@never_cache
@require_http_methods(["GET", "POST"])
def index(request):
    """The files that are due, by number and days; a POST proposes a list."""
    user, errors = request.user, {}
    permissions.require(user, Permission.QUERY_ARCHIVE)
    if request.method == "POST":
        permissions.require(user, Permission.DESTROY_ARCHIVE)
        try:
            batch = _propose(request)
        except Conflict:
            raise
        except Refused as refused:
            errors = {name: texts[0] for name, texts in refused.errors.items()}
        else:
            messages.success(request, _("Sent to supervisor and head"), extra_tags="met")
            return htmx.redirect(request, reverse("custody:destruction", args=[batch.pk]))
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


def _propose(request):
    user = request.user
    if user.branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    ids = {int(text) for text in request.POST.getlist("complaints") if text.isdecimal() and len(text) < 19}
    reason = request.POST.get("reason", "")
    return complaint_destroy.propose(user.branch, by=user, complaint_ids=ids, reason=reason)
