"""Consents: given on the notice in force, withdrawn at any time, and what a withdrawal stops (B-22).

Without the consent to marketing nobody contacts the client and planned contacts are dropped; without that
to evaluation no run looks at him or her; without that for the family its data are deleted, history included.
"""

import pgtrigger
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.privacy.models import PrivacyNotice
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import neighbours
from ..models import Consent, FamilyMember, ImportantDate
from ..profile_rules import ConsentPurpose, DateKind
from ..rules import TimelineKind
from .timeline import note

#: Days of the calendar that are the family's, not the client's own.
FAMILY_DAYS = (DateKind.WEDDING, DateKind.FAMILY)


def give(client, *, by, purpose, basis, guardian=""):
    """A consent on the notice in force; the caller holds the lock and has checked the right."""
    if client.restricted_at:
        raise Refused(_("Use of these data is restricted at the client's request."), code="restricted")
    notice = PrivacyNotice.objects.in_force(clock.today())
    if notice is None:
        raise Refused(_("No privacy notice is in force; a consent cannot be recorded."))
    return Consent(
        client=client, purpose=purpose, basis=basis, guardian=guardian, version=notice.version, by=by
    )


def allow(client, purpose):
    """A consent given anew lifts what its withdrawal stopped."""
    flag = {ConsentPurpose.MARKETING: "do_not_contact", ConsentPurpose.EVALUATION: "no_profiling"}.get(
        purpose
    )
    if flag and getattr(client, flag):
        setattr(client, flag, False)
        client.save(update_fields=[flag])


def withdraw(client, row, *, by):
    """End one consent and the use that rested on it; the caller holds the client's lock."""
    if row.withdrawn_at is not None:
        raise Conflict(_("This consent is already withdrawn."))
    stop_use(client, row.purpose, by=by)
    row.refresh_from_db()
    return row


@transaction.atomic
def stop_use(client, purpose, *, by):
    """The client no longer agrees to `purpose`, whether or not a consent was on record."""
    Consent.objects.filter(client=client, purpose=purpose, withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now(), withdrawn_by=by
    )
    if purpose == ConsentPurpose.MARKETING:
        client.do_not_contact = True
        client.save(update_fields=["do_not_contact"])
        neighbours.stop_contact(client, by=by)
    if purpose == ConsentPurpose.EVALUATION:
        client.no_profiling = True
        client.save(update_fields=["no_profiling"])
    if purpose == ConsentPurpose.FAMILY:
        _forget_family(client)
    note(client, TimelineKind.CONSENT, by=by, data={"withdrawn": str(purpose)})


def _forget_family(client):
    """What is known of the family, and every version of it."""
    with pgtrigger.ignore():
        for rows in (
            FamilyMember.objects.filter(client=client),
            ImportantDate.objects.filter(client=client, kind__in=FAMILY_DAYS),
        ):
            keys = list(rows.values_list("pk", flat=True))
            rows.delete()
            history = rows.model.history.rel.related_model
            history.objects.filter(pgh_obj_id__in=keys).delete()
