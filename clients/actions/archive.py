"""Writing the archive: profile, introducer, household, family, days, life events, consents, wishes (C-05).

Each action locks the client in scope, refuses who may not edit and what lies in custody, writes, and
leaves a line on the timeline and in the access log. The history of the rows is kept by triggers.
"""

from contextlib import contextmanager

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent, ConsentBasis
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import rules
from ..models import (
    Client,
    Consent,
    ContactWish,
    FamilyMember,
    ImportantDate,
    LifeEvent,
    Profile,
)
from ..profile_rules import ConsentPurpose
from ..rules import TimelineKind
from . import consents, custody, households, retention
from .persons import change, locked, require_edit
from .timeline import note

#: What `change_profile` may set: every column but its keys.
FACTS = frozenset(f.name for f in Profile._meta.concrete_fields) - {"client", "updated_at", "updated_by"}


@contextmanager
def _editing(client_id, by):
    """The client locked, `by` on the history's record."""
    with transaction.atomic(), pghistory.context(user=by.pk):
        client = locked(client_id, by=by)
        require_edit(client, by=by)
        yield client


def _noted(client, by, *fields):
    log(AccessEvent.Kind.CHANGE, by=by, obj=client, fields=list(fields))
    custody.updated(client, by=by, fields=fields)
    note(client, TimelineKind.DATA, by=by, data={"fields": list(fields)})


#: Constraint → the input beside which its refusal stands.
BESIDE = {
    "profile_income_not_negative": "family_income",
    "profile_elsewhere_not_negative": "other_bank_assets",
    "profile_risk_was_assessed": "risk_assessed_on",
    "profile_risk_valid_after_assessed": "risk_valid_until",
    "profile_cares_either_way": "cares_least",
    "family_is_another": "customer_no",
    "family_person_once": "customer_no",
    "important_date_exists": "day",
    "important_date_year_plausible": "year",
    "important_date_one_birthday": "kind",
    "consent_once_in_force": "purpose",
    "consent_guardian_is_named": "guardian",
}


def _valid(row):
    """The row as its model allows it, or why not, beside each field."""
    try:
        row.full_clean(exclude=["client"], validate_constraints=False)
    except ValidationError as error:
        raise Refused.many({name: texts[0] for name, texts in error.message_dict.items()}) from None
    for constraint in row._meta.constraints:
        try:
            constraint.validate(type(row), row)
        except ValidationError as error:
            raise Refused(error.messages[0], field=BESIDE.get(constraint.name)) from None
    return row


def _of(model, client, pk):
    """A row of this client, locked with the client; somebody else may have removed it."""
    row = model.objects.filter(client=client, pk=pk).first()
    if row is None:
        raise Conflict(_("This line is no longer there."))
    return row


def change_profile(client_id, *, by, person=None, **facts):
    """Change facts of the profile, and with them plain facts of the `person`; equal values leave no trace."""
    unknown = set(facts) - FACTS
    if unknown:
        raise TypeError(f"change_profile() does not set {sorted(unknown)}")
    with _editing(client_id, by) as client:
        if person:
            change(client_id, by=by, **person)
        profile = Profile.objects.filter(client=client).first() or Profile(client=client)
        changed = sorted(name for name, value in facts.items() if getattr(profile, name) != value)
        if not changed:
            return profile
        for name in changed:
            setattr(profile, name, facts[name])
        profile.updated_at, profile.updated_by = timezone.now(), by
        _valid(profile).save()
        if "relation_ended_on" in changed:
            retention.set_clock(client)
        _noted(client, by, *changed)
        return profile


def learn_want(client, *, by, text):
    """Add what was learned elsewhere (a complaint) to what the client wants next.

    Called inside the source's transaction, which has asked for its permission: whoever handles a
    complaint need not look after the client.
    """
    profile = Profile.objects.select_for_update().filter(client=client).first() or Profile(client=client)
    known = [part for part in profile.wants.split(" · ") if part]
    if text in known:
        return profile
    profile.wants = " · ".join([*known, text])
    profile.updated_at, profile.updated_by = timezone.now(), by
    _valid(profile).save()
    _noted(client, by, "wants")
    return profile


def set_introducer(client_id, *, by, customer_no):
    """Say who introduced the client, by customer number; "" for nobody."""
    with _editing(client_id, by) as client:
        found = _known(customer_no, by, "introducer") if customer_no else None
        if found and _introduced_by(found, client):
            raise Refused(_("Nobody is introduced by oneself, nor two by each other."), field="introducer")
        if client.introducer_id != (found.pk if found else None):
            client.introducer = found
            client.save(update_fields=["introducer"])
            _noted(client, by, "introducer")
        return client


def _known(customer_no, by, field):
    found = Client.objects.visible_to(by).filter(customer_no=customer_no.strip()).first()
    if found is None:
        raise Refused(_("No client of yours has this customer number."), field=field)
    return found


def _introduced_by(person, client):
    """Whether `client` stands anywhere in the chain of those who introduced `person`."""
    seen = set()
    while person is not None and person.pk not in seen:
        if person.pk == client.pk:
            return True
        seen.add(person.pk)
        person = person.introducer
    return False


def put_member(client_id, *, by, pk=None, customer_no="", guardian=False, **facts):
    """Add a relative, or change one. A relative who banks here joins the household."""
    with _editing(client_id, by) as client:
        row = _of(FamilyMember, client, pk) if pk else FamilyMember(client=client)
        for name, value in facts.items():
            setattr(row, name, value)
        today = clock.today()
        rules.check_birth_date(row.birth_date, today=today)
        _check_child(client, row, guardian, by, today)
        before = row.person
        row.person = _known(customer_no, by, "customer_no") if customer_no else before
        _valid(row).save()
        if row.person != before:
            if before:
                households.part(client, before)
                client.refresh_from_db(fields=["household"])
            households.share(client, row.person)
        _noted(client, by, "family")
        return row


def _check_child(client, row, guardian, by, today):
    """Data of a child need a guardian's consent (Personal Information Protection Law, art. 31)."""
    born = row.birth_date
    if born is None or rules.age(born, today=today) >= rules.ADULT_FOR_CONSENT:
        return
    if Consent.objects.filter(client=client, purpose=ConsentPurpose.FAMILY, withdrawn_at=None).exists():
        return
    if not guardian:
        text = _("This child is younger than {n}; the guardian must consent.")
        raise Refused(text.format(n=rules.ADULT_FOR_CONSENT), field="guardian")
    basis = ConsentBasis.GUARDIAN_CONSENT
    purpose, guardian = ConsentPurpose.FAMILY, client.full_name
    _valid(consents.give(client, by=by, purpose=purpose, basis=basis, guardian=guardian)).save()


def put_date(client_id, *, by, pk=None, **facts):
    """Add a day to remember, or change one."""
    with _editing(client_id, by) as client:
        row = _of(ImportantDate, client, pk) if pk else ImportantDate(client=client)
        for name, value in facts.items():
            setattr(row, name, value)
        _valid(row).save()
        _noted(client, by, "dates")
        return row


def put_life_event(client_id, *, by, pk=None, **facts):
    """Record a turn in the client's life; the next look of the evaluation finds it."""
    with _editing(client_id, by) as client:
        row = _of(LifeEvent, client, pk) if pk else LifeEvent(client=client, by=by)
        for name, value in facts.items():
            setattr(row, name, value)
        if row.on > clock.today():
            raise Refused(_("This day has not come yet."), field="on")
        _valid(row).save()
        _noted(client, by, "life_events")
        return row


def put_wish(client_id, *, by, pk=None, **facts):
    """Record by which way the client wants, or does not want, to be reached."""
    with _editing(client_id, by) as client:
        found = ContactWish.objects.filter(client=client, channel=facts["channel"]).first()
        row = _of(ContactWish, client, pk) if pk else found or ContactWish(client=client)
        for name, value in facts.items():
            setattr(row, name, value)
        _valid(row).save()
        _noted(client, by, "wishes")
        return row


#: What may be taken off the page again; consents are withdrawn instead.
REMOVABLE = {"family": FamilyMember, "dates": ImportantDate, "life_events": LifeEvent, "wishes": ContactWish}


def remove(client_id, kind, pk, *, by):
    """Take a line off the archive; its history stays. A relative who banks here leaves the household."""
    with _editing(client_id, by) as client:
        row = _of(REMOVABLE[kind], client, pk)
        row.delete()
        if kind == "family" and row.person_id:
            households.part(client, row.person)
        _noted(client, by, kind)


def leave_household(client_id, *, by):
    """The client lives with the others no longer; Conflict when that is so already."""
    with _editing(client_id, by) as client:
        if client.household_id is None:
            raise Conflict(_("The client is in no household."))
        households.leave(client)
        _noted(client, by, "household")


def give_consent(client_id, *, by, purpose, basis, guardian=""):
    """Record what the client agreed to, on the notice in force."""
    with _editing(client_id, by) as client:
        rules.check_basis(basis, client.birth_date, today=clock.today())
        row = _valid(consents.give(client, by=by, purpose=purpose, basis=basis, guardian=guardian))
        row.save()
        consents.allow(client, purpose)
        note(client, TimelineKind.CONSENT, by=by, data={"basis": basis, "version": row.version})
        return row


def withdraw_consent(client_id, pk, *, by):
    """Record a withdrawal; the use that rested on the consent stops (actions.consents)."""
    with _editing(client_id, by) as client:
        return consents.withdraw(client, _of(Consent, client, pk), by=by)
