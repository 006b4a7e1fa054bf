"""The periods an administrator changes are those the house goes by."""

import datetime

import pytest
from django.urls import reverse

from clients.actions import retention
from clients.custody_rules import CLOCKED, Record
from clients.models import RetentionRule

pytestmark = pytest.mark.django_db


def test_only_periods_that_are_applied_can_be_changed(client, admin_user):
    client.force_login(admin_user)
    page = client.get(reverse("admin:clients_retentionrule_changelist"))
    assert {rule.record for rule in page.context["cl"].queryset} == set(CLOCKED)
    log = RetentionRule.objects.get(record=Record.AUDIT_LOG)
    assert client.get(reverse("admin:clients_retentionrule_change", args=[log.pk])).status_code in (302, 404)


def test_a_clock_that_begins_on_a_leap_day_ends_on_the_first_of_march_for_every_class():
    RetentionRule.objects.filter(record=Record.COMPLAINT).update(years=5)
    leap = datetime.date(2024, 2, 29)
    assert retention.kept_until(Record.COMPLAINT, leap) == datetime.date(2029, 3, 1)
    assert retention.kept_until(Record.CLIENT_FILE, leap) == datetime.date(2034, 3, 1)
