"""Nobody but logged-in staff, and nobody longer than the rules allow (domain-rules §4.2)."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.doors import htmx

from . import hooks, kept, limits, passwords, sittings

SAFE = {"GET", "HEAD", "OPTIONS"}
API = "/api/"


def before_password(view):
    """Mark a view that works although the password has to be changed first."""
    view.before_password = True
    return view


def asks_by_script(request):
    """Whether htmx or fetch asks, so that a redirect would be swallowed."""
    wants = request.headers.get("X-Requested-With", "")
    return request.headers.get("HX-Request") == "true" or wants.lower() in (
        "fetch",
        "xmlhttprequest",
    )


def is_background(request):
    """A poll of the page: no sign of a person."""
    polls = getattr(settings, "STAFF_POLL_PATHS", limits.POLL_PATHS)
    by_header = any(name in request.META for name in limits.BACKGROUND_HEADERS)
    asks_if_alive = request.method == "GET" and "in_place" in request.GET
    return by_header or asks_if_alive or request.path_info.startswith(tuple(polls))


def why_over(request):
    """Why the session is over: its time, or a newer one elsewhere; "" when there was none."""
    return getattr(request, "session_over", "") or sittings.why_ended(request)


class SignedIn(LoginRequiredMiddleware):
    """Every view asks for a login unless it is marked `login_not_required`.

    Ends sessions idle for 15 minutes or older than 10 hours, leads to a due change of
    password, and keeps what was typed when the session is over.
    """

    def __call__(self, request):
        if request.session.get(auth.SESSION_KEY):
            request.session_over = sittings.over(request.session)
            if request.session_over:
                self._end(request)
            elif not is_background(request):
                sittings.active(request.session)
        return super().__call__(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.user.is_authenticated:  # the person from here on, no more a promise of one
            request.user = getattr(request, "_cached_user", request.user)
        user = request.user
        bound = user.is_authenticated and not getattr(view_func, "before_password", False)
        if bound and (user.must_change_password or passwords.is_too_old(user, timezone.now())):
            return self._to_password(request)
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request, view_func):
        from .views.sign_in import login_page

        if request.path_info.startswith(API):
            return JsonResponse({"detail": [_("Please log in.")]}, status=401)
        if asks_by_script(request) or request.method not in SAFE:
            sealed = "" if asks_by_script(request) else kept.seal(request)
            response = login_page(request, sealed=sealed, next_url="", status=401)
            response["HX-Login"] = "1"
            return response
        asked = {"next": request.get_full_path(), "why": why_over(request)}
        asked = urlencode({name: value for name, value in asked.items() if value}, safe="/")
        return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{asked}")

    def _end(self, request):
        user = request.user if request.user.is_authenticated else None
        request.ended_user_id = user and user.pk
        auth.logout(request)
        hooks.tell("logout", request, user=user)

    def _to_password(self, request):
        if request.path_info.startswith(API):
            return JsonResponse({"detail": [_("Choose a new password first.")]}, status=403)
        if request.method not in SAFE and not asks_by_script(request):
            from .views.password import password_page

            return password_page(request, sealed=kept.seal(request), status=401)
        return htmx.redirect(request, resolve_url("staff:password"))
