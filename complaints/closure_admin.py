"""Reference data of closures and openings: destinations, timers, the nightly watch, kits of forms."""

from django.contrib import admin

from rmflow.workdays.admin import Reference

from .models import ClosureRule, Destination, KitForm, MovementRule, OpeningKind


@admin.register(Destination)
class DestinationAdmin(Reference):
    """Where money goes; an entry no longer used is taken out of use, never deleted."""

    list_display = ("name", "position", "active")
    list_editable = ("position", "active")


@admin.register(ClosureRule)
class ClosureRuleAdmin(Reference):
    """The timers of a branch."""

    list_display = ("branch", "claim_minutes", "night_claim_at")


@admin.register(MovementRule)
class MovementRuleAdmin(Reference):
    """Thresholds of the nightly watch."""

    list_display = ("trigger", "active", "share", "amount", "days")
    list_editable = ("active", "share", "amount", "days")


class KitFormInline(admin.TabularInline):
    """The kit of a kind, form by form."""

    model = KitForm
    extra = 1

    def has_view_permission(self, request, obj=None):
        return True  # the page of the kind has asked

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(OpeningKind)
class OpeningKindAdmin(Reference):
    """A kind of opening with its kit and the products offered with it."""

    list_display = ("name", "position", "active")
    list_editable = ("position", "active")
    filter_horizontal = ("products",)
    inlines = (KitFormInline,)
