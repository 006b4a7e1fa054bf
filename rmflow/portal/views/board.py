"""The board on the wall and the screens that may show it (B-17)."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.rules import short_day, weekday

from .. import board
from ..actions import devices
from ..models import BoardDevice

MOST = 100


@require_GET
def boards(request):
    """One's own board, else the boards one may see."""
    permissions.require(request.user, Permission.SEE_BOARD)
    found = Branch.objects.outlets().within(request.user, Permission.SEE_BOARD).order_by("path")
    here = found.filter(pk=request.user.branch_id).first() or (found.first() if found.count() == 1 else None)
    if here is not None:
        return HttpResponseRedirect(reverse("portal:board", args=[here.code]))
    return render(request, "portal/boards.html", {"branches": found[:MOST]})


@never_cache
@login_not_required
@require_GET
def show(request, code):
    """The board of one branch: for staff who may, or for the screen that was paired with it."""
    branch, screen = _who_looks(request, code)
    if branch is None:
        login = f"{reverse('staff:login')}?next={request.path}"
        return htmx.redirect(request, login) if htmx.wants_fragment(request) else HttpResponseRedirect(login)
    if devices.too_often(f"look:{screen.pk if screen else request.user.pk}", devices.LOOKS_A_MINUTE):
        return HttpResponse(_("Too many requests; wait a minute."), status=429, headers={"Retry-After": "60"})
    now = clock.now()
    asked = request.GET.get("mode")
    mode = asked if asked in (board.MORNING, board.EVENING) else board.mode_of(now)
    moment = board.Moment(branch, now.date(), now, mode)
    context = {
        "branch": branch,
        "now": now,
        "day": f"{short_day(now.date())} {weekday(now.date())}",
        "mode": mode,
        "chosen": asked == mode,
        "screen": screen,
        "panels": board.panels(moment),
        "person": board.who(branch),
        "may_keep": screen is None
        and permissions.scope(request.user, Permission.KEEP_SCREENS).covers(branch),
    }
    return htmx.render(request, "portal/board.html", "portal/_board.html", context)


def _who_looks(request, code):
    """(branch, screen): whose board is shown to whom; (None, None) sends to the login."""
    if request.user.is_authenticated:
        permissions.require(request.user, Permission.SEE_BOARD)
        seen = Branch.objects.outlets().within(request.user, Permission.SEE_BOARD)
        return get_object_or_404(seen, code=code), None
    address = request.META.get("REMOTE_ADDR", "")
    if devices.too_often(f"door:{address}", devices.LOOKS_A_MINUTE * 4):
        return None, None
    screen = devices.of_cookie(request)
    if screen is None or screen.branch.code != code:
        return None, None
    return screen.branch, screen


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def pair(request, secret):
    """The link of a new screen: a look asks, the button pairs; then the link is used up."""
    if devices.too_often(f"pair:{request.META.get('REMOTE_ADDR', '')}", devices.TRIES_A_MINUTE):
        return HttpResponse(_("Too many requests; wait a minute."), status=429, headers={"Retry-After": "60"})
    if request.method == "GET":
        return render(request, "portal/board_pair.html", {"device": devices.to_pair(secret)})
    device, token = devices.pair(secret)
    response = HttpResponseRedirect(reverse("portal:board", args=[device.branch.code]))
    response.set_cookie(
        devices.COOKIE,
        token,
        max_age=int(devices.LASTS.total_seconds()),
        path=devices.PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def screens(request):
    """Wall screens of one's branches; making one shows its link once."""
    permissions.require(request.user, Permission.KEEP_SCREENS)
    branches = Branch.objects.outlets().within(request.user, Permission.KEEP_SCREENS).order_by("path")
    link, made = "", None
    if request.method == "POST":
        branch = get_object_or_404(branches, code=request.POST.get("branch", "")[:12])
        made, secret = devices.make(branch, by=request.user, name=request.POST.get("name", "")[:200])
        link = request.build_absolute_uri(reverse("portal:board_pair", args=[secret]))
    found = BoardDevice.objects.visible_to(request.user).select_related("branch", "made_by", "revoked_by")
    context = {
        "branches": branches[:MOST],
        "devices": found.order_by("revoked_at", "-made_at")[:MOST],
        "now": clock.now(),
        "link": link,
        "made": made,
    }
    response = render(request, "portal/board_screens.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def revoke(request, pk):
    """End a screen."""
    permissions.require(request.user, Permission.KEEP_SCREENS)
    device = devices.revoke(pk, by=request.user)
    messages.success(request, _("{name} no longer shows the board").format(name=device.name))
    return htmx.redirect(request, reverse("portal:board_screens"))
