"""Showing one masked field: the purpose is asked first, the value stays for 60 seconds."""

import datetime
from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from rmflow.doors import htmx
from rmflow.privacy import masks
from rmflow.privacy.forms import RevealForm
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import actions
from ..forms import RevealField
from ..sheet.groups import label
from ..sheet.record import SECRET, mask
from .index import visible

FORM = "reveal-form"


@never_cache
@require_http_methods(["GET", "POST"])
def reveal(request, pk):
    """GET asks the purpose, POST shows the value; the field is named, its value never is."""
    client = visible(request, pk)
    field = _field(request)
    if not client.may_be_shown_to(request.user):
        raise PermissionDenied(_("Your role does not allow this."))
    if request.method == "GET":
        return _ask(request, client, field, RevealForm(initial={"purpose": "contact"}))
    form = RevealForm(request.POST)
    if not form.is_valid():
        return _ask(request, client, field, form, status=422)
    try:
        shown = actions.reveal(client.pk, field, by=request.user, request=request, **form.cleaned_data)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return _ask(request, client, field, form, status=422)
    value = shown.value
    if isinstance(value, datetime.date):
        value = format_date(value, "Y-m-d")
    context = {
        "client": client,
        "field": field,
        "label": label(field),
        "id": f"shown-{field}",
        "shown": replace(shown, value=value),
        "back": f"/clients/{client.pk}/masked/{field}/",
    }
    response = htmx.render(request, "clients/revealed.html", "clients/_revealed.html", context)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = f"#shown-{field}", "outerHTML"
    return response


def _field(request):
    form = RevealField({"field": request.GET.get("field", "")})
    if not form.is_valid():
        raise Http404
    return form.cleaned_data["field"]


def _ask(request, client, field, form, status=200):
    context = {
        "client": client,
        "field": field,
        "label": label(field),
        "form": form,
        "id": FORM,
        "action": f"/clients/{client.pk}/reveal/?field={field}",
    }
    # What is wrong replaces the form where it stands; the dialog around it stays open.
    fragment = "clients/_reveal.html" if request.method == "GET" else "privacy/_reveal_form.html"
    return htmx.render(request, "clients/reveal.html", fragment, context, status=status)


@never_cache
@require_GET
def masked(request, pk, field):
    """The field as the sheet shows it: swapped in when the 60 seconds are over."""
    client = visible(request, pk)
    if not RevealField({"field": field}).is_valid():
        raise Http404
    return render(
        request,
        "clients/_masked.html",
        {"client": client, **fact(client, field, request.user)},
    )


def fact(client, field, user):
    """One masked field, its label and whether the reader may ask for more."""
    own = client.is_looked_after_by(user)
    row = getattr(client, "profile", None) if field in SECRET else client
    value = getattr(row, field) if row else ""
    shown = mask(field, value)
    if field == "name":
        shown = client.name_for(user)
    elif field == "birth_date":
        shown = masks.mask_birthday(value, today=clock.today(), owner=own)
    whole = field == "name" and own
    may_show = bool(value) and not whole and client.may_be_shown_to(user)
    return {"field": field, "value": shown, "may_show": may_show}
