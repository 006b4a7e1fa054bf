"""A new password: by choice, after 90 days, or in place of the initial one."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from .. import actions, hooks, kept, passwords, sittings
from ..forms import PasswordForm
from ..middleware import before_password
from . import sign_in


@sensitive_post_parameters()
@never_cache
@before_password
def password(request):
    """The form, and the change."""
    if request.method != "POST":
        return password_page(request)
    form = PasswordForm(request.user, request.POST)
    if not form.is_valid():
        return password_page(request, form=form, status=422)
    old_key = request.session.session_key
    actions.change_password(form.cleaned_data["new"], by=request.user)
    update_session_auth_hash(request, request.user)
    sittings.renew(request, old_key)
    hooks.tell("password", request, user=request.user)
    messages.success(request, _("The new password is in force."))
    return sign_in.go_on(request, request.user)


def password_page(request, *, form=None, sealed=None, status=200):
    """The form, saying why it is due, with what was typed before."""
    user = request.user
    context = {
        "form": form or PasswordForm(user),
        "initial": user.must_change_password,
        "too_old": passwords.is_too_old(user, timezone.now()),
        "next": request.POST.get("next", request.GET.get("next", "")),
        "kept": request.POST.get(kept.FIELD, "") if sealed is None else sealed,
    }
    return render(request, "staff/password.html", context, status=status)
