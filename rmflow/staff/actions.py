"""Every write about people: accounts, roles, availability, duty, passwords."""

import datetime
import secrets
import string

from axes.utils import reset as forget_failures
from django.contrib.auth import password_validation
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.workflow import Conflict, Refused

from . import limits, passwords, second_factor, sittings
from .models import Branch, RoleHolding, User, bank_today
from .permissions import SECOND_FACTOR_ROLES, Permission, Role, require

#: Days until a role held is looked at again: a quarter for the three administrations, half a year for others
#: (domain-rules §4.2).
REVIEW_DAYS, REVIEW_DAYS_APART = 182, 91
#: System, security and audit are held by three different people (domain-rules §4.2, 4.2a-e).
APART = frozenset({Role.ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
INITIAL_LENGTH = 14


@transaction.atomic
def create_user(employee_no, name, home_branch=None, *, by, counter="", email=""):
    """Open an account without any role; return it with its initial password, told once."""
    require(by, Permission.MANAGE_REFERENCE)
    user = User(
        employee_no=employee_no.strip(),
        name=name.strip(),
        home_branch=home_branch,
        counter=counter,
        email=email,
        must_change_password=True,
    )
    initial = initial_password()
    user.set_password(initial)
    _clean(user)
    user.save()
    return user, initial


def initial_password():
    """A random first password that satisfies the rules; no letters that look alike."""
    alphabet = "".join(set(string.ascii_letters + string.digits) - set("0O1lI"))
    while True:
        text = "".join(secrets.choice(alphabet) for _n in range(INITIAL_LENGTH))
        if passwords.classes(text) >= limits.PASSWORD_CLASSES:
            return text


@transaction.atomic
def grant_role(user, role, branch, *, by, valid_from=None, valid_to=None):
    """Give `user` a role at `branch`; nobody gives one to himself."""
    require(by, Permission.MANAGE_ROLES)
    _not_self(user, by)
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    held = RoleHolding.objects.filter(user=locked).current().values_list("role", flat=True)
    if role in APART and APART & (set(held) - {role}):
        raise Refused(
            _("System, security and audit administration stay with different people."), field="role"
        )
    holding = RoleHolding(
        user=locked,
        role=role,
        branch=branch,
        valid_from=valid_from or bank_today(),
        valid_to=valid_to,
        granted_by=by,
        review_on=next_review(role, valid_from or bank_today()),
    )
    _clean(holding)
    holding.save()
    if role in SECOND_FACTOR_ROLES:  # a session begun without the second step must not grow
        sittings.end_all(locked)
    _forget_roles(user)
    return holding


@transaction.atomic
def revoke_role(holding_id, *, by):
    """End a role at once; a role granted today is deleted (the history keeps it)."""
    require(by, Permission.MANAGE_ROLES)
    holding = RoleHolding.objects.select_for_update(no_key=True, of=("self",)).get(pk=holding_id)
    _not_self(holding.user, by)
    yesterday = bank_today() - datetime.timedelta(days=1)
    if holding.valid_to is not None and holding.valid_to <= yesterday:
        raise Conflict(_("This role has already ended."))
    if holding.valid_from > yesterday:
        holding.delete()
    else:
        holding.valid_to = yesterday
        holding.save(update_fields=["valid_to"])
    sittings.end_all(holding.user)
    return holding


def next_review(role, day):
    """When a role granted or reviewed on `day` is to be looked at again."""
    return day + datetime.timedelta(days=REVIEW_DAYS_APART if role in APART else REVIEW_DAYS)


@transaction.atomic
def review_role(holding_id, *, by):
    """Confirm that somebody still needs a role; the history keeps who did, and when."""
    require(by, Permission.MANAGE_ROLES)
    holding = RoleHolding.objects.select_for_update(no_key=True, of=("self",)).get(pk=holding_id)
    _not_self(holding.user, by)
    today = bank_today()
    if holding.valid_to is not None and holding.valid_to < today:
        raise Conflict(_("This role has already ended."))
    if holding.review_on is not None and holding.review_on > today:
        raise Conflict(_("This role was reviewed already."))
    holding.review_on, holding.reviewed_on, holding.reviewed_by = next_review(holding.role, today), today, by
    holding.save(update_fields=["review_on", "reviewed_on", "reviewed_by"])
    return holding


@transaction.atomic
def set_availability(availability, *, by, back_at=None):
    """Say of oneself: free, with a client, or out (until `back_at`)."""
    if availability not in User.Availability.values:
        raise Refused(_("Choose free, with a client, or out."), field="availability")
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    user.back_at = back_at if availability == User.Availability.OUT else None
    if user.availability != availability:
        user.availability, user.availability_since = availability, timezone.now()
    user.save(update_fields=["availability", "availability_since", "back_at"])
    by.availability, by.availability_since = user.availability, user.availability_since
    by.back_at = user.back_at
    return user


def duty_branches(user):
    """Where `user` may choose to work for a day: the outlets of the own city branch."""
    if user.home_branch_id is None:
        return Branch.objects.none()
    return Branch.objects.outlets().filter(parent_id=user.home_branch.parent_id)


@transaction.atomic
def set_on_duty(user, branch, *, by):
    """Work today in `branch` (None or the own branch: at home again).

    One chooses among the outlets of the own city branch; an administrator may send further.
    """
    if by.pk != user.pk:
        require(by, Permission.MANAGE_REFERENCE)
        allowed = Branch.objects.outlets()
    else:
        allowed = duty_branches(user)
    at_home = branch is None or branch.pk == user.home_branch_id
    if not at_home and not allowed.filter(pk=branch.pk).exists():
        raise Refused(_("You can work for a day only in an outlet of your city."), field="branch")
    user.duty_branch = None if at_home else branch
    user.duty_on = None if at_home else bank_today()
    user.save(update_fields=["duty_branch", "duty_on"])
    return user


def choose_role(role, *, by):
    """Make `role` the one whose home page opens first."""
    if role not in by.roles:
        raise PermissionDenied(_("You do not hold this role."))
    by.role_in_use = role
    by.save(update_fields=["role_in_use"])


def choose_language(language, *, by):
    """Keep the language with the person."""
    by.language = language
    by.save(update_fields=["language"])


@transaction.atomic
def change_password(new, *, by):
    """Set one's own new password under the rules; other sessions end by themselves."""
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    try:
        password_validation.validate_password(new, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="new") from None
    if user.password:
        user.former_passwords.create(password=user.password)
    newest_first = user.former_passwords.order_by("-set_at", "-pk").values_list("pk", flat=True)
    outdated = list(newest_first[limits.PASSWORDS_REMEMBERED :])
    user.former_passwords.filter(pk__in=outdated).delete()
    user.set_password(new)
    _store_password(user, must_change=False)
    sittings.end_token(user)
    by.password, by.must_change_password = user.password, False
    by.password_changed_at = user.password_changed_at


@transaction.atomic
def reset_password(user, *, by):
    """Give `user` a new initial password, told once; ends the live sessions."""
    require(by, Permission.MANAGE_ROLES)
    _not_self(user, by)
    initial = initial_password()
    if user.has_usable_password():
        user.former_passwords.create(password=user.password)
    user.set_password(initial)
    _store_password(user, must_change=True)
    forget_failures(username=user.employee_no)
    sittings.end_all(user)
    return initial


def reset_second_factor(user, *, by):
    """The phone is lost: the next login enrols another."""
    require(by, Permission.MANAGE_ROLES)
    _not_self(user, by)
    second_factor.forget(user)
    sittings.end_all(user)


def unlock(user, *, by):
    """End a lockout before its 30 minutes; return how many failures were forgotten."""
    require(by, Permission.MANAGE_ROLES)
    _not_self(user, by)
    return forget_failures(username=user.employee_no)


@transaction.atomic
def set_active(user, active, *, by):
    """Someone leaves (the same day, 4.2) or comes back."""
    require(by, Permission.MANAGE_REFERENCE)
    _not_self(user, by)
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        sittings.end_all(user)


def _store_password(user, *, must_change):
    user.must_change_password, user.password_changed_at = must_change, timezone.now()
    user.save(update_fields=["password", "must_change_password", "password_changed_at"])


def _not_self(user, by):
    if user.pk == by.pk:
        raise Refused(_("Nobody does this for himself; ask the other administrator."))


def _forget_roles(user):
    """Roles are cached on the object for one request; this object just got another."""
    user.__dict__.pop("holdings", None)


def _clean(row):
    """The model's own checks as one refusal with a message per field."""
    try:
        row.full_clean()
    except ValidationError as error:
        names = {"__all__": "detail"}
        raise Refused.many(
            {names.get(name, name): " ".join(texts) for name, texts in error.message_dict.items()}
        ) from None
