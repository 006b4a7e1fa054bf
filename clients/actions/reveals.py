"""Opening a sheet, and showing what is masked on it."""

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.privacy import actions as privacy
from rmflow.staff.models import User
from rmflow.staff.permissions import Role
from rmflow.workdays import clock
from rmflow.workdays.actions import custody

from ..models import Client

#: Personal data that stand in the profile.
PROFILE_SECRETS = ("mailing_address", "landline", "email", "wechat")


def reveal(client_id, field, *, by, purpose, note="", item_key="", request=None):
    """Show one masked field for a purpose; logged, capped, and the head is told of many in one day.

    Returns `privacy.actions.Revealed`. Not atomic: a refusal by the cap stays on record.
    """
    client = Client.objects.visible_to(by).select_related("branch", "profile").get(pk=client_id)
    if not client.may_be_shown_to(by):
        raise PermissionDenied(_("Your role does not allow this."))
    custody.require_readable(client.branch_id)
    row = client.profile if field in PROFILE_SECRETS else client
    shown = privacy.reveal(row, field, by=by, purpose=purpose, note=note, item_key=item_key, request=request)
    if shown.alert:
        _tell_the_head(by, shown.used)
    return shown


def _tell_the_head(person, count):
    """More than 30 reveals in a day are the head's business (domain-rules §4.3)."""
    heads = User.objects.holding_at(person.branch_id, Role.BRANCH_HEAD).exclude(pk=person.pk)
    notify(
        heads,
        "reveals",
        gettext_noop("{name} has shown masked client data {n} times today."),
        params={"name": person.name, "n": count},
        key=f"reveals:{person.pk}:{clock.today()}",
        link=reverse("clients:index"),
    )
