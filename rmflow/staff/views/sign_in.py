"""Login, logout, and what was typed meanwhile."""

import time

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from .. import hooks, kept, limits, second_factor, sittings
from ..forms import LoginForm
from ..middleware import asks_by_script, before_password, why_over
from ..models import User

BACKEND = "rmflow.staff.person.StaffBackend"
HALF = "half_signed_in"  # session key: the password was right, the second step is due
REASONS = {
    "idle": gettext_lazy("Signed out after 15 minutes; your text is kept"),
    "absolute": gettext_lazy("Signed out after 10 hours; your text is kept"),
    "other_device": gettext_lazy("Signed out here because you logged in on another device of this kind."),
    "ended": gettext_lazy("Signed out because your account was changed. Please log in again."),
}


@sensitive_post_parameters()
@never_cache
@before_password
@login_not_required
def login(request):
    """The first step; with ?in_place=1 a fragment for the dialog over the page."""
    if request.method == "POST" and half_user(request) and "code" in request.POST:
        from .second_step import second_step

        return second_step(request)
    if request.user.is_authenticated and "username" not in request.POST:
        return signed_in_already(request)
    if request.method != "POST":
        return login_page(request, next_url=request.GET.get("next", ""))
    form = LoginForm(request, request.POST)
    if not form.is_valid():
        return _failed(request, form)
    user = form.get_user()
    if second_factor.required(user):
        return _ask_second_step(request, user)
    return finish(request, user)


@before_password
@login_not_required
@require_POST
def logout(request):
    """Leave; another's text must not stay behind."""
    user = request.user if request.user.is_authenticated else None
    if user:
        user.sittings.filter(session_key=request.session.session_key or "").delete()
        auth.logout(request)
        hooks.tell("logout", request, user=user)
    response = HttpResponseRedirect(resolve_url(settings.LOGIN_URL))
    response.delete_cookie(kept.WHO_COOKIE, samesite="Lax")
    return response


def login_page(request, *, form=None, sealed=None, next_url=None, status=200):
    """The login form as a page or as a fragment, with what must survive the login."""
    context = {
        "form": form or LoginForm(request),
        "next": request.POST.get("next", "") if next_url is None else next_url,
        "kept": request.POST.get(kept.FIELD, "") if sealed is None else sealed,
        "reason": _reason(request),
        "in_place": in_place(request),
    }
    template = "staff/_login_form.html" if context["in_place"] else "staff/login.html"
    return render(request, template, context, status=status)


def in_place(request):
    """Whether the answer goes into the dialog over a page that must not be lost."""
    return "in_place" in request.GET or asks_by_script(request)


def half_user(request):
    """The person whose password was right a moment ago, or None."""
    half = request.session.get(HALF)
    if not half or time.time() - half["at"] > limits.SECOND_STEP.total_seconds():
        return None
    return User.objects.active().filter(pk=half["user"]).first()


def finish(request, user):
    """Begin the session and go on: where one was, with what one had typed."""
    request.session.pop(HALF, None)
    before = kept.owner_of(request)
    auth.login(request, user, backend=BACKEND)
    sittings.begin(request, user)
    hooks.tell("login", request, user=user)
    if in_place(request) and (before not in (None, user.pk) or user.must_change_password):
        # The page under the dialog is another's, or a password comes first: nothing is sent again.
        response = render(request, "staff/_go_on_elsewhere.html", {"person": user})
    else:
        response = go_on(request, user)
    kept.remember_owner(response, user)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
    return response


def go_on(request, user):
    """The next page after a login, a second step or a new password."""
    sealed = request.POST.get(kept.FIELD, "")
    if user.must_change_password and not in_place(request):
        from .password import password_page

        return password_page(request, sealed=sealed)
    if in_place(request):
        return in_place_done(request)
    typed = kept.unseal(sealed, user)
    if typed:
        path, fields = typed
        context = {"path": path, "fields": fields, "at_once": True}
        return render(request, "staff/resend.html", context)
    response = HttpResponseRedirect(next_page(request))
    if sealed:
        from django.contrib import messages

        messages.warning(request, _("What was typed here by someone else was not sent."))
    return response


def in_place_done(request):
    """204 and the fresh token: the page goes on by itself."""
    return HttpResponse(status=204, headers={"X-CSRFToken": get_token(request), "HX-Signed-In": "1"})


def signed_in_already(request):
    if in_place(request):
        return in_place_done(request)
    return HttpResponseRedirect(next_page(request))


def next_page(request):
    """Where to go: the asked page when it is one of ours, else home."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if asked and ours else resolve_url(settings.LOGIN_REDIRECT_URL)


def locked_out(request, response, credentials):
    """What axes answers with: the page we already made (AXES_LOCKOUT_CALLABLE)."""
    return response


@never_cache
@login_not_required
def csrf_failed(request, reason=""):
    """The form was older than the login (CSRF_FAILURE_VIEW): hand the text back, never act on it.

    Only a browser that says the form came from our own pages gets it back, for sending by hand.
    """
    ours = request.headers.get("Origin", "") == f"{request.scheme}://{request.get_host()}"
    if in_place(request) or not ours:
        page = render(request, "staff/stale_form.html", status=403)
        if ours:
            page["X-CSRFToken"] = get_token(request)
        return page
    fields = [
        [name, value]
        for name, values in request.POST.lists()
        if not kept.NEVER.search(name)
        for value in values
    ]
    context = {"path": request.get_full_path(), "fields": fields, "at_once": False}
    return render(request, "staff/resend.html", context, status=403)


def _ask_second_step(request, user):
    request.session[HALF] = {"user": user.pk, "at": time.time(), "tries": 0}
    from .second_step import step_page

    return step_page(request, user)


def _failed(request, form):
    number = form.cleaned_data.get("username", "")
    user = User.objects.filter(employee_no=number).first() if number else None
    locked = getattr(request, "axes_locked_out", False)
    if number and request.POST.get("password"):
        hooks.tell("lockout" if locked else "failure", request, user=user, employee_no=number)
    if locked:
        form.errors.clear()
        form.add_error(None, lock_message(number))
    return login_page(request, form=form, status=422)


def lock_message(employee_no):
    """Locked, and for how many minutes more."""
    minutes = minutes_left(employee_no)
    return ngettext(
        "Locked after five failures. Try again in {minutes} minute, or ask the security administrator.",
        "Locked after five failures. Try again in {minutes} minutes, or ask the security administrator.",
        minutes,
    ).format(minutes=minutes)


def minutes_left(employee_no):
    """Minutes until the lockout of `employee_no` ends, at least one."""
    last = AccessAttempt.objects.filter(username=employee_no).order_by("-attempt_time").first()
    if last is None:
        return 1
    left = last.attempt_time + get_cool_off() - timezone.now()
    return max(1, -int(-left.total_seconds() // 60))


def _reason(request):
    return REASONS.get(why_over(request) or request.GET.get("why", ""), "")
