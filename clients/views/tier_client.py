"""One client's evaluation explained: points, changes, what would lift; asking for a manual setting."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rmflow.doors import htmx
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workflow import Refused

from ..actions import evaluation, overrides, signing
from ..actions.events import Cause
from ..models import Client, Evaluation, RunPart
from ..rules import ClientType, Level
from ..scoring.explain import explain
from ..scoring.months import add_months
from ..scoring.names import tier_names
from ..scoring.rules import OVERRIDE_MONTHS, Flag, Move
from ..sheet.record import Record
from .moved import follows_merges

MONTHS = 12
WHOLE = ("scorecard__tiers", "scorecard__dimensions__indicators__bands")


@never_cache
@require_GET
@follows_merges
def page(request, pk):
    """The whole page; opening it is on record."""
    client = _visible(request, pk)
    log(AccessEvent.Kind.VIEW, by=request.user, obj=client, fields=["tier"], request=request)
    return render(
        request, "clients/tier_client.html", {**about(client, request.user), **_review(request, client)}
    )


@never_cache
@require_GET
def card(request, pk):
    """The same in short, for the client's page; the page itself logs the look."""
    client = _visible(request, pk)
    if not htmx.wants_fragment(request):
        return redirect("tiers:client", pk)
    return render(request, "clients/_tier.html", about(client, request.user))


def _visible(request, pk):
    """A client one may see, whose archive is not kept from one: points tell what stands in it."""
    permissions.require(request.user, Permission.SEE_TIERS)
    rows = Client.objects.visible_to(request.user).select_related("branch", "owner", "profile")
    client = rows.get(pk=pk)
    if Record(client, request.user, today=clock.today()).closed:
        raise PermissionDenied(_("This archive is kept to its managers."))
    return client


def about(client, user):
    """What page and sheet say of a client's tier: the newest result, the one before, the path of months."""
    found = list(
        Evaluation.objects.filter(client=client)
        .select_related("run", "scorecard")
        .prefetch_related(*WHOLE)
        .order_by("-month", "-run_id")[:MONTHS]
    )
    own = client.is_looked_after_by(user)
    told = explain(found[0], found[1] if len(found) > 1 else None, exact=own) if found else None
    names = tier_names()
    at_branch = scope(user, Permission.ASK_OVERRIDE).covers(client.branch)
    return {
        "client": client,
        "name": client.name_for(user),
        "own": own,
        "tier_name": names.get(client.tier, client.tier),
        "type": ClientType(client.type).label,
        "level": Level(client.level).label if client.level else "",
        "told": told,
        "path": _path(found, names),
        "overrides": _settings(client),
        "may_ask": user.has(Permission.ASK_OVERRIDE) and (own or at_branch),
        "is_core": client.level == Level.CORE,
        "conflict": bool(found and found[0].flags & Flag.CONFLICT),
        "evaluated": ClientType(found[0].type).label if found else "",
        "names": names,
    }


def _settings(client):
    """The last settings by hand, their tiers by name."""
    rows, names = list(client.overrides.select_related("asked_by", "settled_by")[:5]), tier_names()
    for row in rows:
        row.tier_name = names.get(row.tier, row.tier)
    return rows


def _path(found, names):
    """The months as a line of tiers, oldest first."""
    return [
        {
            "month": row.month,
            "tier": names.get(row.tier, row.tier) or "–",
            "move": row.move,
            "watched": row.watched,
            "total": row.total,
            "width": row.total or 0,
        }
        for row in reversed(found)
    ]


def _review(request, client):
    """The head reads downgrades one after the other."""
    number = request.GET.get("review", "")
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        return {}
    part = RunPart.objects.visible_to(request.user).select_related("run", "branch").filter(pk=number).first()
    if part is None or not scope(request.user, Permission.SIGN_TIERS).covers(part.branch):
        return {}
    waiting = signing.unread(part)
    if not waiting.filter(client=client).exists():
        return {}
    return {"review": part, "unread": waiting.count(), "down": Move.DOWN}


@require_POST
def evaluate(request, pk):
    """Evaluate this client now; a higher tier takes effect, a lower one waits for the month."""
    client = _visible(request, pk)
    evaluation.evaluate_clients([client.pk], cause=Cause.MANUAL, by=request.user)
    messages.success(request, _("Evaluated anew"), extra_tags="met")
    return htmx.redirect(request, reverse("tiers:client", args=[pk]))


class OverrideForm(forms.Form):
    """A tier, a type, or both; why; until when."""

    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)
    type = forms.ChoiceField(label=gettext_lazy("Type"), required=False)
    level = forms.ChoiceField(
        label=gettext_lazy("Core or regular"), required=False, choices=[("", "—"), *Level.choices]
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Ends on"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tier"].choices = [("", _("Leave as it is")), *tier_names().items()]
        types = [choice for choice in ClientType.choices if choice[0] != ClientType.UNJUDGED]
        self.fields["type"].choices = [("", _("Leave as it is")), *types]
        last = add_months(clock.today(), OVERRIDE_MONTHS)
        self.fields["expires_on"].widget.attrs |= {"min": f"{clock.today()}", "max": f"{last}"}
        self.fields["expires_on"].help_text = _("{day} at the latest").format(day=last)


@never_cache
@require_http_methods(["GET", "POST"])
def override(request, pk):
    """Ask the supervisor for a tier or type set by hand."""
    client = _visible(request, pk)
    permissions.require(request.user, Permission.ASK_OVERRIDE)
    form = OverrideForm(request.POST or None, initial={"expires_on": add_months(clock.today(), 3)})
    if request.method == "POST" and form.is_valid():
        try:
            overrides.ask(client.pk, by=request.user, **form.cleaned_data)
        except Refused as refused:
            for field, texts in refused.errors.items():
                form.add_error(field if field in form.fields else None, [str(text) for text in texts])
        else:
            messages.success(request, _("Sent to the supervisor"), extra_tags="met")
            return htmx.redirect(request, reverse("tiers:client", args=[pk]))
    context = {"client": client, "name": client.name_for(request.user), "form": form}
    context["tier_name"] = tier_names().get(client.tier, "")
    return render(request, "clients/tier_override.html", context, status=422 if form.errors else 200)
