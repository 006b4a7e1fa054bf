"""The migrations say all that the models say."""

import datetime

import pytest
from django.apps import apps
from django.core.management import call_command

from complaints.models import ClosureRule
from rmflow.workdays.models import ClosingRule, OpeningRule


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration(capsys):
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)  # exits where one is missing
    assert "No changes detected" in capsys.readouterr().out


def test_no_hour_of_the_day_makes_the_deployment_check_warn_of_a_default():
    fixed = [
        str(field)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(getattr(field, "default", None), datetime.date | datetime.time)
    ]
    assert not fixed, "Django takes a fixed date or time for a clock read at start (fields.W161)"


def test_hours_given_by_call_are_those_of_the_rules():
    rule, closing = OpeningRule(), ClosingRule()
    assert (rule.open_at, rule.close_at) == (datetime.time(9), datetime.time(17))
    assert (closing.release_at, closing.remind_at) == (datetime.time(8, 20), datetime.time(17, 30))
    assert (closing.seal_at, ClosureRule().night_claim_at) == (datetime.time(22), datetime.time(12))
