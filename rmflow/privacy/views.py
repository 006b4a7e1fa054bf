"""The auditor's page on the access log."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from rmflow.staff import permissions
from rmflow.staff.models import bank_now
from rmflow.staff.permissions import Permission

from . import actions, chain, forms, reading
from .models import AccessEvent

PER_PAGE = 50
QUICK = 2000  # links a branch that the page verifies; the command and the nightly job verify all


@login_required
@require_GET
def access_log(request):
    """Who saw, printed or exported what, and who logged in."""
    permissions.require(request.user, Permission.AUDIT)
    form = forms.LogFilter(request.GET or {"day": bank_now().date()})
    form.is_valid()
    events = form.narrow(AccessEvent.objects.visible_to(request.user))
    events = events.select_related("user", "branch").order_by("-at", "-id")
    page = Paginator(events, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "events": [reading.event(row) for row in page.object_list]}
    if request.GET.get("page") is None:
        actions.log(actions.Kind.AUDIT, by=request.user, item_key="read", request=request)
    return render(request, "privacy/access_log.html", context)


@login_required
@require_POST
def verify(request):
    """Verify the newest links of each chain now, and put that on record too."""
    permissions.require(request.user, Permission.AUDIT)
    reach = permissions.scope(request.user, Permission.AUDIT)
    keys = None if reach.everywhere else set(reach.branch_ids)
    results = list(chain.verify(keys, last=QUICK))
    actions.log(actions.Kind.AUDIT, by=request.user, item_key="verify", request=request)
    names = reading.branch_names()
    broken = [
        {"branch": names.get(result.key, f"#{result.key}"), "why": reading.why(result.broken)}
        for result in results
        if result.broken
    ]
    tail, oldest = chain.unchained_tail(keys)
    context = {
        "broken": broken,
        "links": sum(result.links for result in results),
        "chains": len(results),
        "tail": tail,
        "oldest": oldest,
        "quick": QUICK,
    }
    whole_page = not request.headers.get("HX-Request")
    template = "privacy/verified.html" if whole_page else "privacy/_verified.html"
    return render(request, template, context)
