"""What staff set for themselves: availability, on-duty branch, role in use, language."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rmflow.doors import htmx
from rmflow.workflow import Refused

from .. import actions
from ..forms import AvailabilityForm, DutyForm
from ..middleware import before_password


@require_POST
def availability(request):
    """Free, with a client, or out; the fragment again for htmx, else back to the page."""
    form = AvailabilityForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        actions.set_availability(data["availability"], by=request.user, back_at=data["back_at"])
    elif not htmx.wants_fragment(request):
        raise Refused(" ".join(text for texts in form.errors.values() for text in texts))
    if not htmx.wants_fragment(request):
        return HttpResponseRedirect(_back(request))
    context = {"staff": request.user, "form": form}
    return render(request, "staff/_availability.html", context, status=200 if form.is_valid() else 422)


def duty(request):
    """Choose the branch worked in today."""
    branches = actions.duty_branches(request.user)
    if request.method != "POST":
        form = DutyForm(branches, initial={"branch": request.user.branch_id})
        return render(request, "staff/duty.html", {"form": form})
    form = DutyForm(branches, request.POST)
    if not form.is_valid():
        return render(request, "staff/duty.html", {"form": form}, status=422)
    branch = form.cleaned_data["branch"]
    actions.set_on_duty(request.user, branch, by=request.user)
    messages.success(request, _("Today you work in {branch}.").format(branch=branch.name))
    return htmx.redirect(request, resolve_url(settings.LOGIN_REDIRECT_URL))


@require_POST
def role(request):
    """The role chosen last opens its home page first."""
    actions.choose_role(request.POST.get("role", ""), by=request.user)
    return htmx.redirect(request, resolve_url(settings.LOGIN_REDIRECT_URL))


@before_password
@login_not_required
@require_POST
def language(request):
    """Chinese or English: in the browser's cookie, and with the person once logged in."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    if request.user.is_authenticated:
        actions.choose_language(code, by=request.user)
    translation.activate(code)
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204, headers={"HX-Refresh": "true"})
    else:
        response = HttpResponseRedirect(_back(request))
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 24 * 3600, samesite="Lax")
    return response


def _back(request):
    """The page asked from, when it is ours."""
    asked = request.POST.get("next") or request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours else resolve_url(settings.LOGIN_REDIRECT_URL)
