"""Entering a deal on the slip: product, amount, day (deck 48)."""

import uuid

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rmflow.doors import htmx, idempotency
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..actions import deals as actions
from ..deal_forms import DealForm
from ..rules import Status


def may_enter(slip, user):
    """Whether `user` may enter a deal of this slip: its manager, or the head of its branch."""
    if slip.status not in (Status.REFERRED, Status.TO_FOLLOW_UP) or slip.manager_id is None:
        return False
    reach = scope(user, Permission.RECORD_DEAL)
    return reach.covers(slip.branch) and (
        slip.manager_id == user.pk or scope(user, Permission.SIGN_MONTH).covers(slip.branch)
    )


def box(slip, user, form=None):
    """What the slip's page shows of deals: those entered, and the form for who may enter one."""
    found = (
        slip.client.deals.filter(credit__referral=slip).select_related("product").order_by("done_on", "pk")
    )
    return {
        "deals": list(found),
        "deal_form": (form or DealForm(initial={"done_on": clock.today()}))
        if may_enter(slip, user)
        else None,
        "deal_key": (form.data.get(idempotency.FIELD) if form else "") or uuid.uuid4().hex,
    }


@require_POST
def from_slip(request, pk):
    """Keep a deal of the slip's client; what is wrong stands beside its field."""
    from .slips import found, page

    slip = found(request.user, pk)
    permissions.require(request.user, Permission.RECORD_DEAL, slip.branch)
    form = DealForm(request.POST)
    if form.is_valid():
        try:
            _once(request, slip, form.cleaned_data)
        except Conflict:
            raise
        except Refused as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Deal saved and credited"), extra_tags="met")
            return htmx.redirect(request, reverse("referrals:slip", args=[pk]))
    return page(request, slip, status=422, deal_form=form)


def _once(request, slip, data):
    key = idempotency.key_of(request)

    def keep():
        if not may_enter(slip, request.user):
            raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
        deal = actions.record(
            slip,
            data["product"],
            data["amount"],
            by=request.user,
            key=f"{request.user.pk}:{key or uuid.uuid4().hex}"[:80],
            done_on=data["done_on"],
        )
        return 201, {"deal": deal.pk}

    return idempotency.once(request.user, key, request.POST, keep)
