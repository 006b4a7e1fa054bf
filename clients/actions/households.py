"""Who lives together and banks here: joined with a relative, left with the last one, or by word."""

from django.db.models import Q

from ..models import Client, FamilyMember, Household

ALONE = 2  # fewer are no household


def share(client, person):
    """Put both into one household: that of either, or a new one."""
    if client.household_id and client.household_id == person.household_id:
        return
    home = client.household or person.household
    home = home or Household.objects.create(name=client.full_name, branch=client.branch)
    Client.objects.filter(pk__in=[client.pk, person.pk]).update(household=home)


def part(client, person):
    """After one is no relative of the other any more: who is tied to nobody else there leaves."""
    home = client.household_id
    if home is None or Client.objects.filter(pk=person.pk, household=home).count() == 0:
        return
    alone = [one.pk for one in (client, person) if not _tied(one, home)]
    Client.objects.filter(pk__in=alone).update(household=None)
    _dissolve(home)


def leave(client):
    """The client lives with them no longer; the relatives stay on record."""
    home = client.household_id
    Client.objects.filter(pk=client.pk).update(household=None)
    _dissolve(home)


def _tied(client, home):
    """Whether somebody else of the household is a relative on record, from either side."""
    mine = Q(client=client, person__household=home)
    theirs = Q(person=client, client__household=home)
    return FamilyMember.objects.filter(mine | theirs).exclude(client=client, person=client).exists()


def _dissolve(home):
    """One alone is no household: the last member leaves, and its name is kept nowhere."""
    if Client.objects.filter(household=home).count() < ALONE:
        Client.objects.filter(household=home).update(household=None)
        Household.objects.filter(pk=home).delete()
