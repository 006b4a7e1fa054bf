"""Staff and their rights, for the administrators: accounts, roles, locks."""

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from rmflow.doors import htmx
from rmflow.workflow import Refused

from .. import actions, hooks, second_factor
from ..forms import GrantForm, PersonForm
from ..models import RoleHolding, User
from ..permissions import Permission, require

PAGE = 25
QUERY_LENGTH = 40


def people(request):
    """Everybody one may see, with the roles held today; found by number or name."""
    _administrators(request.user)
    query = request.GET.get("q", "").strip()[:QUERY_LENGTH]
    current = Prefetch(
        "role_holdings", RoleHolding.objects.current().select_related("branch"), to_attr="held"
    )
    rows = (
        User.objects.visible_to(request.user)
        .filter(Q(employee_no__startswith=query) | Q(name__startswith=query))
        .select_related("home_branch")
        .prefetch_related(current)
        .order_by("employee_no")
    )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    may_open = request.user.has(Permission.MANAGE_REFERENCE)
    context = {"page": page, "query": query, "may_open": may_open}
    return render(request, "staff/people.html", context)


def person(request, pk):
    """One member of staff: roles now and before, and what an administrator may do."""
    _administrators(request.user)
    someone = User.objects.visible_to(request.user).select_related("home_branch").get(pk=pk)
    return _person_page(request, someone, GrantForm())


@never_cache
def new_person(request):
    """Open an account; its initial password is shown once."""
    require(request.user, Permission.MANAGE_REFERENCE)
    form = PersonForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "staff/new_person.html", {"form": form}, status=status)
    data = form.cleaned_data
    user, initial = actions.create_user(**data, by=request.user)
    return render(request, "staff/initial_password.html", {"person": user, "initial": initial})


@require_POST
def grant(request, pk):
    """Give one role; the message of a refusal stands beside its field."""
    require(request.user, Permission.MANAGE_ROLES)
    someone = User.objects.visible_to(request.user).get(pk=pk)
    form = GrantForm(request.POST)
    if form.is_valid():
        try:
            actions.grant_role(someone, by=request.user, **form.cleaned_data)
            return _done(request, someone, _("The role is granted."))
        except Refused as refusal:
            for name, texts in refusal.errors.items():
                form.add_error(name if name in form.fields else None, [str(t) for t in texts])
    return _person_page(request, someone, form, status=422)


@require_POST
def revoke(request, pk, holding):
    """End one role at once."""
    require(request.user, Permission.MANAGE_ROLES)
    someone = User.objects.visible_to(request.user).get(pk=pk)
    actions.revoke_role(someone.role_holdings.get(pk=holding).pk, by=request.user)
    return _done(request, someone, _("The role has ended."))


@require_POST
def unlock(request, pk):
    """End a lockout early."""
    require(request.user, Permission.MANAGE_ROLES)
    someone = User.objects.visible_to(request.user).get(pk=pk)
    actions.unlock(someone, by=request.user)
    hooks.tell("unlock", request, user=someone)
    return _done(request, someone, _("The account is unlocked."))


@never_cache
@require_POST
def reset(request, pk):
    """A new initial password, shown once."""
    require(request.user, Permission.MANAGE_ROLES)
    someone = User.objects.visible_to(request.user).get(pk=pk)
    initial = actions.reset_password(someone, by=request.user)
    hooks.tell("password", request, user=someone)
    return render(request, "staff/initial_password.html", {"person": someone, "initial": initial})


@require_POST
def forget_phone(request, pk):
    """The second factor's phone is lost."""
    require(request.user, Permission.MANAGE_ROLES)
    someone = User.objects.visible_to(request.user).get(pk=pk)
    actions.reset_second_factor(someone, by=request.user)
    hooks.tell("second_factor", request, user=someone)
    return _done(request, someone, _("The next login enrols another phone."))


def locked(request):
    """Accounts locked now, to be unlocked by the security administrator."""
    require(request.user, Permission.MANAGE_ROLES)
    attempts = AccessAttempt.objects.filter(
        attempt_time__gt=timezone.now() - get_cool_off(),
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
    )
    rows = User.objects.visible_to(request.user).filter(
        employee_no__in=attempts.values_list("username", flat=True)
    )
    return render(request, "staff/locked.html", {"people": rows.select_related("home_branch")})


def _administrators(user):
    if not user.has(Permission.MANAGE_ROLES):
        require(user, Permission.MANAGE_REFERENCE)


def _person_page(request, someone, form, status=200):
    held = list(someone.role_holdings.select_related("branch", "granted_by").order_by("-valid_from"))
    current = {holding.pk for holding in someone.holdings}
    context = {
        "person": someone,
        "holdings": [(holding, holding.pk in current) for holding in held],
        "form": form,
        "may_grant": request.user.has(Permission.MANAGE_ROLES) and someone.pk != request.user.pk,
        "enrolled": second_factor.enrolled(someone),
    }
    return render(request, "staff/person.html", context, status=status)


def _done(request, someone, text):
    messages.success(request, text)
    return htmx.redirect(request, reverse("staff:person", args=[someone.pk]))
