"""The outbox for the system administrator: what failed, why, and the button to send it again."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from rmflow.staff.permissions import Permission

from . import outbox
from .models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):
    """States are read-only; texts and people's names stay with the recipient."""

    list_display = ["pk", "channel", "state", "attempts", "next_try_at", "sent_at", "error", "kind"]
    list_filter = ["state", "channel"]
    list_select_related = ["notice"]
    fields = ["channel", "state", "attempts", "next_try_at", "handed_over_at", "sent_at", "error"]
    ordering = ["-pk"]
    actions = ["send_again"]

    @admin.display(description=_("kind"))
    def kind(self, delivery):
        return delivery.notice.kind

    @admin.action(description=_("Send again"))
    def send_again(self, request, queryset):
        count = outbox.send_again(queryset)
        text = ngettext("%(count)d delivery goes out again.", "%(count)d deliveries go out again.", count)
        messages.success(request, text % {"count": count})

    def has_module_permission(self, request):
        return request.user.is_authenticated and request.user.has(Permission.MANAGE_REFERENCE)

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
