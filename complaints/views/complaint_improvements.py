"""An improvement for its owner: what is to be changed, by when, done; nothing of who complained (W3-09)."""

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workdays.rules import chip
from rmflow.workflow import Conflict

from ..actions import complaint_improve
from ..models import Complaint, Improvement


@never_cache
@require_http_methods(["GET", "POST"])
def page(request, pk):
    """One's own improvement; its one button says that it is done."""
    permissions.require(request.user, Permission.TAKE_COMPLAINT)
    refusal = ""
    if request.method == "POST":
        try:
            complaint_improve.finish(pk, by=request.user)
        except Conflict as conflict:
            refusal = str(conflict)
        else:
            messages.success(request, _("Improvement finished"), extra_tags="met")
            return htmx.redirect(request, complaint_improve.address(Improvement(pk=pk)))
    found = Improvement.objects.owned_by(request.user).select_related("complaint__branch", "by").get(pk=pk)
    seen = Complaint.objects.visible_to(request.user).filter(pk=found.complaint_id).exists()
    context = {
        "improvement": found,
        "chip": None if found.done_at else chip(found.due_on, clock.today(), calendar()),
        "number": found.complaint.number,
        "branch": found.complaint.branch,
        "seen": seen,
        "refusal": refusal,
    }
    return render(request, "complaints/improvement.html", context, status=409 if refusal else 200)
