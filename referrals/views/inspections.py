"""Inspections of slips, follow-up records and archives by head and supervisor (deck 29, W2-07)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.doors.idempotency import key_of, once
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import actions as workdays
from rmflow.workdays.models import CustodyLine, Inspection, OpinionBoxCheck

from .. import inspection
from .closing import outlet
from .desk import new_key

PAGE = 20


@require_GET
def page(request):
    """What was inspected, by whom, with what finding; the one begun above, the register below."""
    user = request.user
    permissions.require(user, Permission.INSPECT)
    rows = Inspection.objects.visible_to(user).select_related("by", "branch")
    begun = rows.filter(by=user, signed_at__isnull=True).first()
    signed = rows.filter(signed_at__isnull=False).order_by("-signed_at", "-pk")
    found = Paginator(signed, PAGE).get_page(request.GET.get("page"))
    register = CustodyLine.objects.filter(scope(user, Permission.INSPECT).q("branch")).select_related(
        "by", "branch", "day"
    )
    boxes = OpinionBoxCheck.objects.filter(scope(user, Permission.INSPECT).q("day__branch"))
    context = {
        "begun": begun,
        "items": inspection.items(begun.sample) if begun else [],
        "page": found,
        "lines": [{"inspection": row, "items": inspection.named(row)} for row in found],
        "register": register.order_by("-at")[:PAGE],
        "boxes": boxes.select_related("day__branch", "by", "witness").order_by("-at")[:PAGE],
        "branch": outlet(user),
        "key": new_key(),
    }
    return render(request, "referrals/inspections.html", context)


@require_POST
def draw(request):
    """Have the server draw a sample; an unsigned one goes on."""
    user = request.user
    permissions.require(user, Permission.INSPECT)
    branch = outlet(user)
    if branch is not None:
        workdays.begin_inspection(branch, by=user, candidates=inspection.candidates(branch))
    return htmx.redirect(request, reverse("referrals:inspections"))


@require_POST
def sign(request, pk):
    """Write the finding down and sign."""
    permissions.require(request.user, Permission.INSPECT)
    faulty = [inspection.parse(text) for text in request.POST.getlist("faulty")]

    def produce():
        finding = request.POST.get("finding", "")
        workdays.sign_inspection(pk, by=request.user, finding=finding, faulty=[f for f in faulty if f])
        return 200, {}

    once(request.user, key_of(request), request.POST, produce)
    messages.success(request, _("Signed"), extra_tags="met")
    return htmx.redirect(request, reverse("referrals:inspections"))
