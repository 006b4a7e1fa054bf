"""One's own notices: the page, the bell's list, the poll."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx

from . import actions, bell
from .forms import ReadUpTo
from .models import Notice

PER_PAGE = 25
IN_BELL = 8


@login_required
@require_GET
def index(request):
    """All notices, newest first; `?unread=1` narrows."""
    own = Notice.objects.visible_to(request.user)
    only_unread = request.GET.get("unread") == "1"
    rows = own.unread() if only_unread else own
    page = Paginator(rows.latest(), PER_PAGE).get_page(request.GET.get("page"))
    unread = bell.summary(request.user).unread
    here = reverse("notices:index")
    filters = [
        {"label": _("All notices"), "url": here, "current": not only_unread},
        {"label": _("Unread"), "count": unread, "url": f"{here}?unread=1", "current": only_unread},
    ]
    context = {"page": page, "filters": filters, "only_unread": only_unread, "unread": unread}
    return render(request, "notices/index.html", {**context, "newest": _newest(own)})


@login_required
@require_GET
@never_cache
def latest(request):
    """The list under the bell."""
    return render(request, "notices/_latest.html", _latest(request.user))


@login_required
@require_GET
@never_cache
def poll(request):
    """The bell when its version changed; BellPoll has answered most polls before this."""
    now = bell.summary(request.user)
    if now.version and now.version == request.GET.get("v"):
        return HttpResponse(status=204)
    rows = Notice.objects.visible_to(request.user).unread().latest()
    return render(request, "notices/_bell_box.html", {"bell": now, "news": rows.first()})


@login_required
@require_POST
def read_all(request):
    """Mark as read what the person has seen: up to the newest notice of his screen."""
    form = ReadUpTo(request.POST)
    if form.is_valid():
        actions.mark_all_read(by=request.user, up_to=form.cleaned_data["newest"])
    if htmx.wants_fragment(request):
        return render(request, "notices/_latest.html", _latest(request.user))
    return redirect("notices:index")


@login_required
@require_GET
@never_cache
def open_one(request, pk):
    """Mark one as read and go where it leads."""
    notice = actions.mark_read(pk, by=request.user)
    return redirect(notice.link or reverse("notices:index"))


def _latest(user):
    own = Notice.objects.visible_to(user)
    return {"bell": bell.summary(user), "notices": own.latest()[:IN_BELL], "newest": _newest(own)}


def _newest(own):
    return own.latest().values_list("pk", flat=True).first() or 0
