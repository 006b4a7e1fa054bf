"""Scorecards: versions, the editor, simulation over the whole base, publishing (C-03, B-11)."""

from django import forms
from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused

from .. import tasks
from ..actions import scorecards as actions
from ..actions import simulation
from ..actions.evaluation import whole
from ..models import EvaluationRun, RunPart, Scorecard
from ..rules import ClientType
from ..scoring import draft as drafts
from ..scoring import sources, stats
from ..scoring.explain import amount_text, band_text
from ..scoring.flow import flow_picture
from ..scoring.rules import PartState, RunKind
from ..scoring.sources import Source
from ..scoring.words import counts, flows, manager_lines, matrix, reasons, tiles

SEE = (Permission.KEEP_SCORECARDS, Permission.SEE_TIERS)


def _may_see(user):
    if not any(user.has(permission) for permission in SEE):
        permissions.require(user, Permission.SEE_TIERS)


class OptionsForm(forms.ModelForm):
    """The thresholds and the rules of watching and downgrading."""

    class Meta:
        model = Scorecard
        fields = [name for name in actions.OPTIONS if name != "formal_review"]
        widgets = {"note": forms.TextInput()}

    formal_review = forms.RegexField(
        r"^(0[1-9]|1[0-2])-([0-2][0-9]|3[01])(, *(0[1-9]|1[0-2])-([0-2][0-9]|3[01]))*$", required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["formal_review"].label = _("Formal review on")
        self.initial["formal_review"] = ", ".join(self.instance.formal_review)
        for name in ("core_from", "regular_from", "potential_from", "external_from"):
            self.fields[name].min_value, self.fields[name].max_value = 0, 100

    def options(self):
        dates = self.cleaned_data["formal_review"]
        return {
            **{name: self.cleaned_data[name] for name in self._meta.fields},
            "formal_review": [date.strip() for date in dates.split(",")] if dates else [],
        }

    def _post_clean(self):
        """The action checks the constraints and writes; the form only reads."""


@require_GET
def cards(request):
    """The versions, newest first; the runs they made."""
    _may_see(request.user)
    context = {
        "cards": Scorecard.objects.select_related("created_by", "published_by", "base"),
        "runs": EvaluationRun.objects.exclude(kind=RunKind.EVENT).select_related("scorecard")[:6],
        "back": _sent_back(request.user),
        "may_edit": request.user.has(Permission.KEEP_SCORECARDS),
    }
    return render(request, "clients/scorecards.html", context)


def _sent_back(user):
    """Branches that wait for their data to be corrected, by run: all for who corrects them, else one's own."""
    rows = RunPart.objects.filter(state=PartState.BACK).select_related("branch", "run")
    if not user.has(Permission.KEEP_SCORECARDS):
        rows = rows.visible_to(user)
    return rows.order_by("-run__month", "branch__code")


def _card(pk):
    return whole(Scorecard.objects.select_related("base", "created_by", "published_by")).get(pk=pk)


@require_GET
def card(request, pk):
    """One version as it stands: to read."""
    _may_see(request.user)
    found = _card(pk)
    context = {
        "card": found,
        "dimensions": [
            {
                "row": dimension,
                "indicators": [
                    {
                        "row": indicator,
                        "source": Source(indicator.source).label,
                        "bands": [
                            {"text": band_text(indicator.source, band), "points": band.points}
                            for band in indicator.bands.all()
                        ],
                    }
                    for indicator in dimension.indicators.all()
                ],
            }
            for dimension in found.dimensions.all()
        ],
        "tiers": [(tier, amount_text(Source.AUM, tier.minimum)) for tier in found.tiers.all()],
        "below": amount_text(Source.AUM, found.prospective_below),
        "may_edit": request.user.has(Permission.KEEP_SCORECARDS),
    }
    return render(request, "clients/scorecard.html", context)


@require_http_methods(["GET", "POST"])
def edit(request, pk):
    """The editor: `do` adds or drops a row, or saves; what was typed is kept whatever the answer."""
    permissions.require(request.user, Permission.KEEP_SCORECARDS)
    found = _card(pk)
    if not found.is_editable:
        raise Refused(_("A published scorecard is not changed; make a copy."), code="state")
    if request.method == "GET":
        return _editor(request, found, OptionsForm(instance=found), drafts.of_card(found))
    form, draft = OptionsForm(request.POST, instance=found), drafts.of_post(request.POST)
    what = request.POST.get("do", "save")
    if what == "add-indicator":
        what = f"add-indicator-{request.POST.get('to', '')}-{request.POST.get('source', '')}"
    if what != "save":
        return _editor(request, found, form, drafts.change(draft, what))
    fault = ""
    if form.is_valid():
        try:
            actions.save(pk, drafts.content(draft, form.options()), by=request.user)
        except Refused as refused:
            fault = str(refused.message)
        else:
            messages.success(request, _("Saved; simulate it next"), extra_tags="met")
            return htmx.redirect(request, reverse("tiers:card", args=[pk]))
    return _editor(request, found, form, draft, fault=fault, status=422)


def _editor(request, found, form, draft, *, fault="", status=200):
    weights = [row["weight"] for row in draft["dimensions"]]
    total = sum(int(weight) for weight in weights if weight.isascii() and weight.isdigit())
    context = {
        "card": found,
        "form": form,
        "draft": draft,
        "fault": fault,
        "total": total,
        "sources": Source.choices,
        "coded": sources.CODED,
        "codes": sources.CODES,
        "in_wan": drafts.IN_WAN,
        "money": sources.MONEY,
        "types": [choice for choice in ClientType.choices if choice[0] != ClientType.UNJUDGED],
        "options": [form[name] for name in form.fields if name not in ("name", "note")],
    }
    return htmx.render(
        request, "clients/scorecard_edit.html", "clients/_scorecard_editor.html", context, status=status
    )


@require_POST
def copy(request, pk):
    made = actions.copy(pk, by=request.user)
    messages.success(request, _("Draft {version} made").format(version=made.version), extra_tags="met")
    return htmx.redirect(request, reverse("tiers:card_edit", args=[made.pk]))


@require_POST
def publish(request, pk):
    made = actions.publish(pk, by=request.user)
    messages.success(request, _("{version} is in force").format(version=made.version), extra_tags="met")
    return htmx.redirect(request, reverse("tiers:card", args=[pk]))


@require_POST
def discard(request, pk):
    actions.discard(pk, by=request.user)
    messages.success(request, _("The draft is gone"), extra_tags="met")
    return htmx.redirect(request, reverse("tiers:cards"))


@require_POST
def simulate(request, pk):
    """Begin a simulation over the whole base; small bases are answered at once."""
    simulation.begin(pk, by=request.user)
    if stats.whole_base() <= simulation.AT_ONCE:
        simulation.run(pk, by=request.user)
    else:
        tasks.simulate_card.delay_on_commit(pk, request.user.pk)
    return htmx.redirect(request, reverse("tiers:simulation", args=[pk]))


@require_GET
def simulated(request, pk):
    """Who would go up, down, stay if this version were in force: figures, no clients; by branch and manager."""
    _may_see(request.user)
    found = _card(pk)
    groups = simulation.found(found)
    context = {
        "card": found,
        "waiting": groups is None and simulation.is_running(found),
        "may_edit": request.user.has(Permission.KEEP_SCORECARDS),
    }
    if groups is not None:
        names = {row.code: row.name for row in found.tiers.all()}
        chosen = _chosen(request, groups)
        picture = stats.Picture(chosen["groups"], names)
        context |= {
            **_tables(groups, chosen, picture),
            "picture": picture,
            "tiles": tiles(picture, None),
            "matrix": matrix(picture),
            "flows": flows(picture),
            "flow": flow_picture(picture),
            "reasons": reasons(picture),
            "month": simulation.month(),
        }
    return htmx.render(request, "clients/simulation.html", "clients/_simulation.html", context)


def _chosen(request, groups):
    """The branch and manager of the address, among those one may look at, and their groups."""
    branches, query = simulation.open_branches(groups, request.user), request.GET
    branch = next((row for row in branches if str(row.pk) == query.get("branch", "")), None)
    owner = query.get("owner", "") if branch else ""
    if branch:
        groups = [group for group in groups if group.branch == branch.pk]
    if owner in {str(group.owner or "none") for group in groups}:
        groups = [group for group in groups if str(group.owner or "none") == owner]
    else:
        owner = ""
    return {"branches": branches, "branch": branch, "owner": owner, "groups": groups}


def _tables(groups, chosen, picture):
    """A row per branch, or per manager of the chosen branch; each row is a link to its own figures."""
    branch = chosen["branch"]
    if branch is None:
        by, reach = picture.by("branch"), {row.pk for row in chosen["branches"]}
        names = Branch.objects.filter(pk__in=by).order_by("code").values_list("pk", "name")
        lines = [
            {"name": name, "url": f"?branch={pk}" if pk in reach else "", **counts(by[pk])}
            for pk, name in names
        ]
        return {"branches": lines}
    by = stats.Picture([group for group in groups if group.branch == branch.pk], {}).by("owner")
    found = manager_lines(by, lambda pk: f"?branch={branch.pk}&owner={pk or 'none'}")
    owner = chosen["owner"]
    name = next((line["name"] for line in found["lines"] if line["key"] == owner), "")
    return {"branch": branch, "owner": owner, "owner_name": name, "managers": found}
