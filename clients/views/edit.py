"""Phone, ID document and manager: what is asked in a dialog; the rest is changed in place (`parts`)."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import actions
from ..forms import AssignForm, ContactForm, IdentityForm
from .index import visible


@dataclass(frozen=True)
class Part:
    """What a dialog changes: its form, and the action the form feeds."""

    title: Any
    form: Any
    save: Any


PARTS = {
    "contact": Part(
        gettext_lazy("Change the phone"),
        ContactForm,
        lambda pk, form, by: actions.change_contact(pk, by=by, **form.cleaned_data),
    ),
    "identity": Part(
        gettext_lazy("Record the ID document"),
        IdentityForm,
        lambda pk, form, by: actions.change_identity(
            pk, by=by, kind=form.cleaned_data["id_kind"], number=form.cleaned_data["id_number"]
        ),
    ),
}


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request, pk, part):
    """The form of one part, and its saving."""
    client = visible(request, pk)
    if part not in PARTS:
        raise Http404
    if not client.may_be_edited_by(request.user):
        raise PermissionDenied(_("Only the client's manager or the backup may change this record."))
    spec = PARTS[part]
    form = spec.form(request.POST if request.method == "POST" else None, today=clock.today())
    if request.method == "GET":
        return _answer(request, client, form, spec.title, reverse("clients:edit", args=[pk, part]))
    return _saved(request, client, form, spec.title, lambda: spec.save(pk, form, request.user))


@never_cache
@require_http_methods(["GET", "POST"])
def assign(request, pk):
    """Head or supervisor names manager and backup."""
    client = visible(request, pk)
    permissions.require(request.user, Permission.ASSIGN_CLIENT, client.branch)
    title = _("Assign a manager")
    if request.method == "GET":
        return _answer(request, client, AssignForm(client=client), title, request.path)
    form = AssignForm(request.POST, client=client)
    return _saved(
        request, client, form, title, lambda: actions.assign(pk, by=request.user, **form.cleaned_data)
    )


def _saved(request, client, form, title, save):
    """Save a valid form and show the sheet's side again; what is wrong stands beside its field."""
    if form.is_valid():
        try:
            save()
        except Refused as refused:
            for field, texts in refused.errors.items():
                field = {"notice_basis": "basis", "number": "id_number"}.get(field, field)
                form.add_error(field if field in form.fields else None, [str(text) for text in texts])
    if form.errors:
        return _answer(request, client, form, title, request.path, status=422)
    return htmx.redirect(request, reverse("clients:sheet", args=[client.pk]))


def _answer(request, client, form, title, action, status=200):
    context = {"client": client, "form": form, "title": title, "action": action}
    if htmx.wants_fragment(request):
        return render(request, "clients/_edit.html", context, status=status)
    context |= {"name": client.name_for(request.user)}
    return render(request, "clients/edit.html", context, status=status)
