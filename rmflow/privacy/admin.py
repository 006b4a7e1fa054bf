"""Privacy notices: a version in force is evidence of what clients were shown, so it stays."""

from django.contrib import admin

from rmflow.staff.admin import ByMatrix
from rmflow.staff.models import bank_now

from .models import PrivacyNotice


@admin.register(PrivacyNotice)
class PrivacyNoticeAdmin(ByMatrix, admin.ModelAdmin):
    """New versions are added; one may be changed until its first day."""

    list_display = ["version", "title", "effective_on"]

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.effective_on > bank_now().date())
