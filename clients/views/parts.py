"""Changing the archive in place: one part of the page turns into its form and back again (C-05)."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from rmflow.doors import htmx
from rmflow.workdays import clock
from rmflow.workdays.actions import custody
from rmflow.workflow import Refused

from .. import archive_forms as forms
from ..actions import archive
from ..models import Consent, ContactWish, FamilyMember, ImportantDate, LifeEvent
from ..sheet import tabs
from ..sheet.groups import complete
from ..sheet.record import Record
from .index import visible


@dataclass(frozen=True)
class Part:
    """A part of the page: its form, the tab it stands on, what saves it; `rows` for lists of lines."""

    title: Any
    tab: str
    form: Any
    save: Any
    rows: Any = None
    kind: str = ""  # what `actions.archive.remove` calls it


def _profile(pk, form, by, _row):
    archive.change_profile(pk, by=by, **form.changes())


def _saves(action):
    """An action on a line: add, or change the one named."""

    def save(pk, form, by, row):
        action(pk, by=by, pk=row, **form.cleaned_data)

    return save


PARTS = {
    "basic": Part(gettext_lazy("Basic features"), "basic", forms.BasicForm, _profile),
    "introducer": Part(
        gettext_lazy("Introduced by"),
        "basic",
        forms.IntroducerForm,
        lambda pk, form, by, row: archive.set_introducer(
            pk, by=by, customer_no=form.cleaned_data["introducer"]
        ),
    ),
    "buying": Part(gettext_lazy("Buying behaviour"), "buying", forms.BuyingForm, _profile),
    "account": Part(gettext_lazy("Account features"), "account", forms.AccountForm, _profile),
    "needs": Part(gettext_lazy("Service needs"), "needs", forms.NeedsForm, _profile),
    "admin": Part(gettext_lazy("Keeping of the file"), "consents", forms.AdminForm, _profile),
    "family": Part(
        gettext_lazy("Family"), "family", forms.MemberForm, _saves(archive.put_member), FamilyMember, "family"
    ),
    "dates": Part(
        gettext_lazy("Important dates"),
        *("family", forms.DateForm, _saves(archive.put_date), ImportantDate, "dates"),
    ),
    "life": Part(
        gettext_lazy("Life events"),
        *("family", forms.LifeEventForm, _saves(archive.put_life_event), LifeEvent, "life_events"),
    ),
    "consents": Part(
        gettext_lazy("Consents"),
        "consents",
        forms.ConsentForm,
        lambda pk, form, by, row: archive.give_consent(pk, by=by, **form.cleaned_data),
        Consent,
    ),
    "wishes": Part(
        gettext_lazy("Contact wishes"),
        *("consents", forms.WishForm, _saves(archive.put_wish), ContactWish, "wishes"),
    ),
}


@never_cache
@require_http_methods(["GET", "POST"])
def part(request, pk, part):
    """GET: the part as it stands, or with `?form` its form; POST saves, or with `remove` takes a line off."""
    client = visible(request, pk)
    custody.require_readable(client.branch_id)
    if part not in PARTS:
        raise Http404
    spec, record = PARTS[part], Record(client, request.user, today=clock.today())
    if record.closed:
        raise PermissionDenied(_("This archive is kept to its managers."))
    if request.method == "GET" and "form" not in request.GET:
        return _shown(request, record, part)
    if not client.may_be_edited_by(request.user):
        raise PermissionDenied(_("Only the client's manager or the backup may change this record."))
    if part == "family" and "leave" in request.POST:
        archive.leave_household(client.pk, by=request.user)
        return _done(request, record, part)
    row = _row(request, spec, client)
    if request.method == "GET":
        return _asked(request, record, part, _form(spec, record, row), row)
    if "remove" in request.POST:
        return _removed(request, record, part, row)
    return _saved(request, record, part, row)


def _row(request, spec, client):
    """The line an address names: `?row=7`."""
    number = (request.GET.get("row") or request.POST.get("row")) or ""
    if not number:
        return None
    if spec.rows is None or not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404
    return spec.rows.objects.filter(client=client).get(pk=number)


def _form(spec, record, row, data=None):
    if spec.form is forms.BasicForm:
        profile = getattr(record.client, "profile", None)
        return spec.form(data, today=record.today, client=record.client, user=record.user, profile=profile)
    if spec.form is forms.IntroducerForm:
        known = record.client.introducer.customer_no if record.client.introducer_id else ""
        return spec.form(data, initial={"introducer": known})
    if spec.rows is None:
        return spec.form(data, instance=getattr(record.client, "profile", None))
    return spec.form(data, instance=row)


def _saved(request, record, part, row):
    """Save a valid form and show the part again; what is wrong stands beside its field."""
    spec = PARTS[part]
    form = _form(spec, record, row, request.POST)
    if form.is_valid():
        try:
            spec.save(record.client.pk, form, request.user, row.pk if row else None)
        except Refused as refused:
            _tell(form, refused)
    if form.errors:
        return _asked(request, record, part, form, row, status=422)
    return _done(request, record, part)


def _tell(form, refused):
    names = {"notice_basis": "basis"}
    for field, texts in refused.errors.items():
        field = names.get(field, field)
        form.add_error(field if field in form.fields else None, [str(text) for text in texts])


def _removed(request, record, part, row):
    """A line taken off; a consent is withdrawn and stays to be read."""
    spec = PARTS[part]
    if row is None:
        raise Http404
    if part == "consents":
        archive.withdraw_consent(record.client.pk, row.pk, by=request.user)
    else:
        archive.remove(record.client.pk, spec.kind, row.pk, by=request.user)
    return _done(request, record, part)


def _done(request, record, part):
    """The part anew, read from the database, with the head of the page."""
    if not htmx.wants_fragment(request):
        return htmx.redirect(request, _page(record.client.pk, part))
    fresh = Record(visible(request, record.client.pk), request.user, today=record.today)
    context = {"complete": complete(fresh), **tabs.part(fresh, part), "fresh": True}
    response = render(request, "clients/_part_saved.html", context)
    text = _("Removed from the archive") if "remove" in request.POST else _("Saved")
    response["HX-Trigger"] = json.dumps({"rmflow:toast": {"text": text, "state": "met"}})
    return response


def _shown(request, record, part):
    if not htmx.wants_fragment(request):
        return redirect(_page(record.client.pk, part))
    return render(request, "clients/_part.html", tabs.part(record, part))


def _page(pk, part):
    return f"{reverse('clients:sheet', args=[pk])}?tab={PARTS[part].tab}"


def _asked(request, record, part, form, row, status=200):
    spec = PARTS[part]
    url = reverse("clients:part", args=[record.client.pk, part])
    context = {
        "client": record.client,
        "form": form,
        "title": spec.title,
        "part": part,
        "action": f"{url}?row={row.pk}" if row else url,
        "back": url,
        "page": _page(record.client.pk, part),
    }
    if htmx.wants_fragment(request):
        return render(request, "clients/_part_form.html", context, status=status)
    context |= {"name": record.client.name_for(request.user)}
    return render(request, "clients/part_form.html", context, status=status)
