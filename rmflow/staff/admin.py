"""Reference data of the bank's tree and its people; roles are granted on their own page."""

from django.contrib import admin

from . import actions
from .models import Branch, RoleHolding, User
from .permissions import Permission


class ByMatrix:
    """Mix into a ModelAdmin: the matrix says who may look and who may change.

    `looks` and `keeps` are permissions; nothing is deleted unless `deletes` is set.
    """

    looks = Permission.MANAGE_REFERENCE
    keeps = Permission.MANAGE_REFERENCE
    deletes = False

    def has_view_permission(self, request, obj=None):
        return request.user.has(self.looks) or request.user.has(self.keeps)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request, obj=None):
        return request.user.has(self.keeps)

    def has_change_permission(self, request, obj=None):
        return request.user.has(self.keeps)

    def has_delete_permission(self, request, obj=None):
        return self.deletes and request.user.has(self.keeps)


class ReadOnly(ByMatrix):
    """To look at, never to change."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Branch)
class BranchAdmin(ByMatrix, admin.ModelAdmin):
    list_display = ["code", "name", "kind", "parent", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["code", "name"]
    list_select_related = ["parent"]
    autocomplete_fields = ["parent"]

    def get_readonly_fields(self, request, obj=None):
        """The code is part of every path below; a branch that moved gets a new one."""
        return ["code", "parent"] if obj else []


@admin.register(User)
class UserAdmin(ByMatrix, admin.ModelAdmin):
    """Accounts are opened on /staff/people/new/, where the initial password is shown once."""

    list_display = ["employee_no", "name", "home_branch", "counter", "is_active"]
    list_filter = ["is_active", "counter"]
    search_fields = ["employee_no", "name"]
    list_select_related = ["home_branch"]
    autocomplete_fields = ["home_branch"]
    fields = ["employee_no", "name", "home_branch", "counter", "email", "is_active"]
    readonly_fields = ["employee_no"]

    def has_add_permission(self, request):
        return False

    def save_model(self, request, obj, form, change):
        """Leaving and coming back go by the action: sessions and tokens end, nobody does it to himself."""
        if "is_active" in form.changed_data:
            actions.set_active(obj, obj.is_active, by=request.user)
        super().save_model(request, obj, form, change)


@admin.register(RoleHolding)
class RoleHoldingAdmin(ReadOnly, admin.ModelAdmin):
    looks = keeps = Permission.MANAGE_ROLES
    list_display = ["user", "role", "branch", "valid_from", "valid_to", "granted_by"]
    list_filter = ["role"]
    list_select_related = ["user", "branch", "granted_by"]
    search_fields = ["user__employee_no", "user__name"]
