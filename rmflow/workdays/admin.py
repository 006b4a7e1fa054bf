"""The calendar and opening days in the admin. A year is changed by its notice, never cell by cell."""

from django.contrib import admin, messages
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from rmflow.staff.permissions import Permission

from . import actions
from .forms import NoticeForm, OpeningRuleForm
from .models import BranchDay, CalendarChange, CalendarYear, OpeningDay, OpeningRule


class Reference(admin.ModelAdmin):
    """Reference data: for those who may keep it by the matrix of rmflow.staff."""

    def _may(self, request):
        return request.user.has(Permission.MANAGE_REFERENCE)

    def has_module_permission(self, request):
        return request.user.is_authenticated and self._may(request)

    def has_view_permission(self, request, obj=None):
        return self._may(request)

    def has_add_permission(self, request):
        return self._may(request)

    def has_change_permission(self, request, obj=None):
        return self._may(request)

    def has_delete_permission(self, request, obj=None):
        return self._may(request)


class ReadOnly(Reference):
    """Rows that actions write; here they are only looked at."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(CalendarYear)
class CalendarYearAdmin(Reference):
    """Years and their notices; saving takes the uploaded notice over."""

    form = NoticeForm
    list_display = ("year", "state", "notice_no", "updated_at")
    list_filter = ("state",)
    readonly_fields = ("state", "days_listed")

    def get_fields(self, request, obj=None):
        fields = ["year", "notice_no", "file", "provisional"]
        return [*fields, "state", "days_listed"] if obj else fields

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "year") if obj else self.readonly_fields

    def has_delete_permission(self, request, obj=None):
        return False  # dates rest on a year; it is replaced, never removed

    @admin.display(description=_("Days that differ from the week"))
    def days_listed(self, obj):
        rows = ((day.date.isoformat(), day.get_kind_display(), day.label) for day in obj.days.all())
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} {} {}</li>", rows))

    def save_model(self, request, obj, form, change):
        """The upload goes through the action, which keeps before and after."""
        data = form.cleaned_data
        result = actions.import_notice(
            data["file"],
            year=obj.pk,
            notice_no=data["notice_no"],
            by=request.user,
            provisional=data["provisional"],
        )
        if result is None:
            messages.info(request, _("The calendar of {year} says just that already.").format(year=obj.pk))
            return
        count = len(result.days)
        text = ngettext(
            "The notice for {year} is in force: {n} day changed.",
            "The notice for {year} is in force: {n} days changed.",
            count,
        )
        messages.success(request, text.format(year=obj.pk, n=count))
        follow = _("Open deadlines follow within five minutes; “Jobs” shows how far they are.")
        messages.info(request, format_html('<a href="{}">{}</a>', "/jobs/", follow))


@admin.register(CalendarChange)
class CalendarChangeAdmin(ReadOnly):
    """What changed, before and after, and when deadlines were recomputed."""

    list_display = ("year", "at", "by", "state_before", "state_after", "recomputed_at")
    list_filter = ("year",)
    list_select_related = ("by",)
    fields = (
        "year",
        "at",
        "by",
        "state_before",
        "state_after",
        "notice_before",
        "notice_after",
        "days_listed",
        "recomputed_at",
    )

    @admin.display(description=_("Days that changed"))
    def days_listed(self, obj):
        rows = (
            (
                day["date"],
                _words(day["before"], day["label_before"]),
                _words(day["after"], day["label_after"]),
            )
            for day in obj.days
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {} → {}</li>", rows))


def _words(kind, label):
    names = {"off": _("Day off"), "work": _("Make-up working day"), "": _("by the week")}
    return f"{names[kind]} {label}".strip()


@admin.register(OpeningRule)
class OpeningRuleAdmin(Reference):
    """The week and hours of each branch."""

    form = OpeningRuleForm
    list_display = ("branch", "weekdays", "closed_on_holidays", "open_at", "close_at")
    list_select_related = ("branch",)


@admin.register(OpeningDay)
class OpeningDayAdmin(Reference):
    """Single days on which a branch differs from its week."""

    list_display = ("branch", "date", "opens", "open_at", "close_at", "reason")
    list_filter = ("opens",)
    list_select_related = ("branch",)
    date_hierarchy = "date"


@admin.register(BranchDay)
class BranchDayAdmin(ReadOnly):
    """Business days; actions open and end them."""

    list_display = ("branch", "date", "opened_at", "opened_by", "ended_at", "closed_at")
    list_select_related = ("branch", "opened_by")
    date_hierarchy = "date"
