"""概览: what needs me, then how we stand (design.md §6; deck 20–21, 28)."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from followups.rules import overdue_limit
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock, current

from .. import stats


@require_GET
def overview(request):
    """Waiting clients, unclaimed slips, overdue plans; today's figures; load per manager."""
    user, today = request.user, clock.today()
    permissions.require(user, Permission.SEE_FOLLOW_UPS)
    load = stats.load_by_manager(user, today, overdue_limit(today, current.calendar()))
    context = {
        "today": today,
        "figures": stats.today_figures(user, today),
        "diverted": stats.diverted(user, today),
        "waiting": stats.waiting(user),
        "unclaimed": stats.unclaimed(user),
        "load": load,
        "late": sum(row["late"] for row in load),
        "overdue": sum(row["overdue"] for row in load),
    }
    return render(request, "portal/overview.html", context)
