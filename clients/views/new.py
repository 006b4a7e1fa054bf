"""Registering a person by hand; whoever may be known already is warned of, and nothing is told."""

import secrets

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from rmflow.doors import htmx, idempotency
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import actions
from ..forms import NewClientForm


@never_cache
@require_http_methods(["GET", "POST"])
def new(request):
    """The form; saving leads to the new sheet."""
    permissions.require(request.user, Permission.EDIT_CLIENT)
    if request.method == "GET":
        return _form(request, NewClientForm(today=clock.today()))
    form = NewClientForm(request.POST, today=clock.today())
    if not form.is_valid():
        return _form(request, form, status=422)
    try:
        pk = actions.enrol(by=request.user, key=idempotency.key_of(request), **form.cleaned_data)
    except Refused as refused:
        field = {"notice_basis": "basis"}.get(refused.field, refused.field)
        form.add_error(field if field in form.fields else None, str(refused))
        return _form(request, form, known=refused.code == "known", status=422)
    messages.success(request, _("The client is on record; you are the manager."), extra_tags="met")
    return htmx.redirect(request, reverse("clients:sheet", args=[pk]))


def _form(request, form, *, known=False, status=200):
    context = {
        "form": form,
        "known": known or bool(form["reason"].value()),
        "key": request.POST.get(idempotency.FIELD) or secrets.token_urlsafe(16),
    }
    return htmx.render(request, "clients/new.html", "clients/_new.html", context, status=status)
