"""Branches, people and the roles they hold.

A person is not a role: small branches give several roles to one person, and a role is held at a
branch from a day to a day. Four-eyes rules therefore compare persons.
"""

import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .permissions import ROLE_PERMISSIONS, SECOND_FACTOR_ROLES, Permission, Role, scope

BANK_TIME = ZoneInfo("Asia/Shanghai")


class BranchQuerySet(models.QuerySet):
    """Branches, and who reaches them."""

    def within(self, user, permission):
        """Those where `user` may do `permission`."""
        return self.filter(scope(user, permission).q(""))

    def outlets(self):
        """Those that serve clients: the leaves of the tree."""
        return self.filter(kind=Branch.Kind.BRANCH, is_active=True)

    def below(self, branch):
        """`branch` and everything under it."""
        return self.filter(path__startswith=branch.path)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Branch(models.Model):
    """A node of the bank's tree: head office → region → city → branch (网点 / 理财中心)."""

    class Kind(models.TextChoices):
        HEAD_OFFICE = "head_office", _("Head office")
        REGION = "region", _("Region")
        CITY = "city", _("City branch")
        BRANCH = "branch", _("Branch outlet")

    code = models.CharField(_("Branch code"), max_length=12, unique=True)
    name = models.CharField(_("Name"), max_length=60)
    kind = models.CharField(_("Kind"), max_length=12, choices=Kind, default=Kind.BRANCH)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("Parent"),
    )
    path = models.CharField(max_length=80, unique=True, editable=False)
    phone = models.CharField(_("Phone"), max_length=30, blank=True)
    address = models.CharField(_("Address"), max_length=120, blank=True)
    is_active = models.BooleanField(_("In business"), default=True)

    objects = BranchQuerySet.as_manager()

    class Meta:
        verbose_name = _("Branch")
        verbose_name_plural = _("Branches")
        ordering = ["path"]
        indexes = [
            models.Index(
                fields=["path"],
                name="branch_path_prefix",
                opclasses=["varchar_pattern_ops"],
            )
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        """Keep `path`, the codes from the root down, each closed by a dot."""
        self.path = f"{self.parent.path if self.parent_id else ''}{self.code}."
        super().save(*args, **kwargs)


class UserManager(BaseUserManager):
    """Creates people; the command line needs nothing more."""

    def get_by_natural_key(self, username):
        return self.get(employee_no=username)

    def create_user(self, employee_no, password=None, **fields):
        user = self.model(employee_no=employee_no, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class UserQuerySet(models.QuerySet):
    """People, by what they do and where."""

    def active(self):
        return self.filter(is_active=True)

    def holding(self, *roles, on=None):
        """Those who hold one of `roles` on the day `on` (default: today in the bank's time)."""
        held = RoleHolding.objects.current(on).filter(role__in=roles)
        return self.filter(pk__in=held.values("user_id"))

    def holding_at(self, branch_id, *roles, on=None):
        """Those who hold one of `roles` at one branch, or work its lobby today."""
        day = on or bank_today()
        held = RoleHolding.objects.current(day).filter(role__in=roles)
        at_home = held.filter(branch_id=branch_id).values("user_id")
        return self.active().filter(
            Q(pk__in=at_home) | Q(duty_branch_id=branch_id, duty_on=day, pk__in=held.values("user_id"))
        )

    def holding_above(self, branch, *roles, on=None):
        """Those who hold one of `roles` at a place above `branch`."""
        codes = branch.path.rstrip(".").split(".")
        above = [".".join(codes[:depth]) + "." for depth in range(1, len(codes))]
        held = RoleHolding.objects.current(on).filter(role__in=roles, branch__path__in=above)
        return self.active().filter(pk__in=held.values("user_id"))

    def visible_to(self, user):
        """Colleagues: of one's own branches; everyone for those who keep staff or audit."""
        if user.has(Permission.MANAGE_REFERENCE) or user.has(Permission.MANAGE_ROLES):
            return self
        branches = [h.branch_id for h in user.holdings] + [user.branch_id]
        return self.filter(Q(home_branch_id__in=branches) | Q(pk=user.pk))


def bank_now():
    """This moment in the bank's time zone."""
    return timezone.now().astimezone(BANK_TIME)


def bank_today() -> datetime.date:
    """Today in the bank's time zone, whatever the server's."""
    return bank_now().date()


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["password", "last_login"],
)
class User(AbstractBaseUser):
    """A member of staff; logs in by employee number."""

    class Counter(models.TextChoices):
        CASH = "cash", _("Cash counter")
        NON_CASH = "non_cash", _("Non-cash counter")

    class Availability(models.TextChoices):
        FREE = "free", _("Free")
        BUSY = "busy", _("With a client")
        OUT = "out", _("Out")

    employee_no = models.CharField(_("Employee number"), max_length=20, unique=True)
    name = models.CharField(_("Name"), max_length=40)
    email = models.EmailField(_("E-mail"), blank=True)
    home_branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        related_name="staff",
        null=True,
        blank=True,
        verbose_name=_("Home branch"),
    )
    duty_branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("On-duty branch"),
    )
    duty_on = models.DateField(null=True, blank=True)
    counter = models.CharField(_("Counter"), max_length=10, choices=Counter, blank=True)
    availability = models.CharField(
        _("Availability"), max_length=6, choices=Availability, default=Availability.OUT
    )
    availability_since = models.DateTimeField(default=timezone.now)
    back_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(_("Language"), max_length=10, default="zh-hans")
    role_in_use = models.CharField(max_length=20, choices=Role, blank=True)
    single_keys = models.BooleanField(_("Single-letter keys"), default=True)
    must_change_password = models.BooleanField(default=True)
    password_changed_at = models.DateTimeField(default=timezone.now)
    is_active = models.BooleanField(_("Active"), default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "employee_no"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager.from_queryset(UserQuerySet)()

    class Meta:
        verbose_name = _("Employee")
        verbose_name_plural = _("Staff")
        constraints = [
            models.CheckConstraint(
                condition=Q(duty_branch__isnull=True) | Q(duty_on__isnull=False),
                name="user_duty_has_a_day",
                violation_error_message=_("Duty in another branch needs its day."),
            ),
            models.CheckConstraint(
                condition=Q(availability__in=["free", "busy", "out"]),
                name="user_availability_known",
                violation_error_message=_("Choose free, with a client, or out."),
            ),
        ]

    def __str__(self):
        return self.name

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name

    @cached_property
    def holdings(self):
        """Roles held today, with their branches: one query per request."""
        if not self.is_active:
            return []
        day = bank_today()
        rows = RoleHolding.objects.filter(user_id=self.pk).select_related("branch").order_by("pk")
        held = [h for h in rows if h.valid_from <= day and (h.valid_to is None or h.valid_to >= day)]
        for holding in held:
            if holding.branch_id == self.home_branch_id:
                self.home_branch = holding.branch  # most roles are held at home: that saves its query
        return held

    def works_at(self, branch_id, *roles):
        """Whether this person is one of `UserQuerySet.holding_at` today; no query once roles are loaded."""
        held = [holding for holding in self.holdings if holding.role in roles]
        at_home = any(holding.branch_id == branch_id for holding in held)
        elsewhere = self.duty_branch_id == branch_id and self.duty_on == bank_today()
        return self.is_active and bool(held) and (at_home or elsewhere)

    @property
    def roles(self):
        return {holding.role for holding in self.holdings}

    def has(self, permission):
        """Whether any role held today allows `permission` somewhere."""
        return any(permission in ROLE_PERMISSIONS[holding.role] for holding in self.holdings)

    @property
    def works_elsewhere(self):
        """Whether today's lobby work is in another branch than the home branch."""
        return bool(
            self.duty_branch_id
            and self.duty_on == bank_today()
            and self.duty_branch_id != self.home_branch_id
        )

    @property
    def branch(self):
        """The branch worked in today: the on-duty branch, else the home branch (None above them)."""
        return self.duty_branch if self.works_elsewhere else self.home_branch

    @property
    def branch_id(self):
        return self.duty_branch_id if self.works_elsewhere else self.home_branch_id

    @property
    def needs_second_factor(self):
        return bool(self.roles & SECOND_FACTOR_ROLES)

    # What Django's admin asks. Model by model, the ModelAdmins answer from the matrix.
    @property
    def is_staff(self):
        return self.has(Permission.MANAGE_REFERENCE) or self.has(Permission.MANAGE_ROLES)

    def has_perm(self, perm, obj=None):
        return self.is_staff

    def has_module_perms(self, app_label):
        return self.is_staff


class RoleHoldingQuerySet(models.QuerySet):
    """Who holds which role where, and when."""

    def current(self, on=None):
        """Holdings in force on the day `on` (default: today in the bank's time)."""
        day = on or bank_today()
        return self.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=day),
            valid_from__lte=day,
            user__is_active=True,
        )

    def visible_to(self, user):
        """Roles that `user` may grant and review."""
        reach = scope(user, Permission.MANAGE_ROLES)
        return self.filter(reach.q("branch")) if reach else self.none()

    def due_for_review(self, today):
        """Whose review is due by `today`, or has never been."""
        return self.filter(Q(review_on__isnull=True) | Q(review_on__lte=today))


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class RoleHolding(models.Model):
    """One role, held by one person at one branch from a day to a day (both included)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="role_holdings", verbose_name=_("Employee"))
    role = models.CharField(_("Role"), max_length=20, choices=Role)
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+", verbose_name=_("Branch"))
    valid_from = models.DateField(_("From"), default=bank_today)
    valid_to = models.DateField(_("To"), null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # The periodic review (domain-rules §4.2); a holding without a day was never reviewed and is due.
    review_on = models.DateField(_("Review due"), null=True, blank=True, editable=False)
    reviewed_on = models.DateField(_("Reviewed on"), null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("Reviewed by"),
    )

    objects = RoleHoldingQuerySet.as_manager()

    class Meta:
        verbose_name = _("Role held")
        verbose_name_plural = _("Roles held")
        indexes = [models.Index(fields=["branch", "role"], name="holding_branch_role")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="holding_ends_after_it_begins",
                violation_error_message=_("A role cannot end before it begins."),
            ),
            models.UniqueConstraint(
                fields=["user", "role", "branch"],
                condition=Q(valid_to__isnull=True),
                name="holding_once_open",
                violation_error_message=_("This person already holds this role there."),
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("user")),
                name="holding_not_self_reviewed",
                violation_error_message=_("Nobody reviews a role of his own."),
            ),
            models.CheckConstraint(
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=F("user")),
                name="holding_not_self_granted",
                violation_error_message=_("Nobody grants a role to himself."),
            ),
        ]

    def __str__(self):
        return f"{self.user} · {self.get_role_display()} · {self.branch}"


# Django looks for an app's models here; those of a login stand in their own file.
from .credential_models import PasswordHistory, Sitting  # noqa: E402, F401
