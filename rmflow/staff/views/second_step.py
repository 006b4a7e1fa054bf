"""The second factor: six digits from the phone, enrolling it, recovery codes."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from .. import hooks, kept, limits, second_factor
from ..forms import CodeForm
from ..middleware import before_password
from . import sign_in


@sensitive_post_parameters()
@never_cache
@before_password
@login_not_required
def second_step(request):
    """Ask for the code; the first time show the secret to put into the phone."""
    user = _user(request)
    if user is None:
        return HttpResponseRedirect(resolve_url(settings.LOGIN_URL))
    if request.method != "POST":
        return step_page(request, user)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return step_page(request, user, form=form, status=422)
    if second_factor.enrolled(user):
        return _verify(request, user, form)
    return _enrol(request, user, form)


def step_page(request, user, *, form=None, status=None):
    """The code form, with the QR code when no phone is enrolled yet."""
    context = {
        "form": form or CodeForm(),
        "next": request.POST.get("next", request.GET.get("next", "")),
        "kept": request.POST.get(kept.FIELD, ""),
        "in_place": sign_in.in_place(request),
    }
    if not second_factor.enrolled(user):
        device = second_factor.pending_device(user)
        context["qr"] = second_factor.qr_code(device)
        context["secret"] = second_factor.secret_text(device)
    name = "_second_factor_form" if context["in_place"] else "second_factor"
    # In place every answer but "done" is a form to swap in, which is what 422 says.
    return render(
        request,
        f"staff/{name}.html",
        context,
        status=status or (422 if context["in_place"] else 200),
    )


def _user(request):
    """Who stands at the second step: halfway logged in, or logged in and enrolling by choice."""
    if request.user.is_authenticated:
        return None if second_factor.enrolled(request.user) else request.user
    return sign_in.half_user(request)


def _verify(request, user, form):
    if second_factor.check(user, form.cleaned_data["code"]):
        return sign_in.finish(request, user)
    return _wrong(request, user, form)


def _enrol(request, user, form):
    codes = second_factor.confirm(user, form.cleaned_data["code"])
    if codes is None:
        return _wrong(request, user, form)
    hooks.tell("second_factor", request, user=user)
    if request.user.is_authenticated:
        return _codes_page(request, HttpResponse(), codes)
    return _codes_page(request, sign_in.finish(request, user), codes)


def _codes_page(request, onward, codes):
    """Show the recovery codes once; the button there does what the login would have done."""
    typed = kept.unseal(request.POST.get(kept.FIELD, ""), request.user)
    path, fields = typed or (getattr(onward, "url", resolve_url(settings.LOGIN_REDIRECT_URL)), [])
    context = {"codes": codes, "path": path, "fields": fields}
    if sign_in.in_place(request):
        page = render(request, "staff/_recovery_codes.html", context, status=422)
    else:
        page = render(request, "staff/recovery_codes.html", context)
    page.cookies.update(onward.cookies)
    return page


def _wrong(request, user, form):
    hooks.tell("failure", request, user=user)
    half = request.session.get(sign_in.HALF)
    if half:
        half["tries"] += 1
        request.session[sign_in.HALF] = half
        if half["tries"] >= limits.SECOND_STEP_TRIES:
            del request.session[sign_in.HALF]
            return sign_in.login_page(request, status=422)
    form.add_error("code", _("Wrong code, or too soon after a wrong one. Wait a moment."))
    return step_page(request, user, form=form, status=422)
