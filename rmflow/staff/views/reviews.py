"""The periodic review of who holds which role, for the security administrator (domain-rules §4.2)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx

from .. import actions
from ..models import RoleHolding, bank_today
from ..permissions import Permission, require

PAGE = 25


@require_GET
def index(request):
    """Roles whose review is due, the longest overdue first; or all of them."""
    require(request.user, Permission.MANAGE_ROLES)
    today = bank_today()
    held = RoleHolding.objects.visible_to(request.user).current(today)
    due = held.due_for_review(today)
    everything = request.GET.get("show") == "all"
    rows = (held if everything else due).select_related("user", "branch", "reviewed_by")
    rows = rows.order_by(F("review_on").asc(nulls_first=True), "user__employee_no", "pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "staff/reviews.html", {"page": page, "everything": everything, "today": today})


@require_POST
def confirm(request, pk):
    """Somebody still needs this role."""
    require(request.user, Permission.MANAGE_ROLES)
    holding = RoleHolding.objects.visible_to(request.user).select_related("user").get(pk=pk)
    reviewed = actions.review_role(holding.pk, by=request.user)
    words = _("{name}: {role} is confirmed until {day}.")
    role, day = holding.get_role_display(), f"{reviewed.review_on:%Y-%m-%d}"
    messages.success(request, words.format(name=holding.user.name, role=role, day=day))
    return htmx.redirect(request, reverse("staff:reviews"))
