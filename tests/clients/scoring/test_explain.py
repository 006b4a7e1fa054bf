"""The explanation says what is so: the right band, no false promise, and no more than its reader may know."""

import pytest

from clients.actions import archive
from clients.models import Evaluation, Holding, Product, Profile
from clients.scoring.explain import explain
from clients.scoring.sources import Source
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock

from .test_views import read

pytestmark = pytest.mark.django_db


def told(client, source, **asked):
    """The line of one indicator of the newest result, on the scorecard as it is shipped."""
    found = Evaluation.objects.filter(client=client).select_related("run", "scorecard").latest("run_id")
    names = {i.name: i.source for d in found.scorecard.dimensions.all() for i in d.indicators.all()}
    said = explain(found, **asked)
    return next(line for d in said["dimensions"] for line in d["lines"] if names[line.name] == source)


def test_bands_with_equal_points_are_told_apart_by_the_profile(person, october):
    pensioner, clerk = person(60, tier="T3"), person(60, tier="T3")
    Profile.objects.create(client=pensioner, job_class="retired")
    Profile.objects.create(client=clerk, job_class="stable")
    october()
    assert (told(pensioner, Source.JOB).points, told(clerk, Source.JOB).points) == (6, 6)
    assert told(pensioner, Source.JOB).band == "Retired with a pension"
    assert told(clerk, Source.JOB).band != told(pensioner, Source.JOB).band


def test_when_the_profile_says_something_else_by_now_every_band_of_the_points_is_named(person, october):
    client = person(60, tier="T3")
    profile = Profile.objects.create(client=client, job_class="retired")
    october()
    profile.job_class = "leader"
    profile.save()
    assert told(client, Source.JOB).band.split(" / ")[1] == "Retired with a pension"


def loan(client, amount, **fields):
    product = Product.objects.filter(category="loan", is_mortgage=False).first()
    day = clock.today().replace(month=3)
    Holding.objects.create(
        client=client, product=product, contract_no="L1", amount=amount, opened_on=day, **fields
    )


def test_an_overdue_loan_is_named_and_lifts_nothing(person, october):
    late, paid = person(60, tier="T3"), person(60, tier="T3")
    loan(late, 900_000, overdue_days=90)
    Holding.objects.update(contract_no="L0")
    loan(paid, 900_000)
    october()
    line = told(late, Source.LOANS)
    assert (line.points, line.band, line.lift, line.gain) == (0, "Loan overdue: no points", "", 0)
    assert told(paid, Source.LOANS).points > 0
    assert told(paid, Source.LOANS).gain > 0


def test_what_lifts_lies_above_the_figure(person, october):
    client = person(60, tier="T3")
    Profile.objects.create(client=client, family_income=300_000)
    october()
    line = told(client, Source.INCOME)
    assert "20" in line.band and "50" in line.lift


def test_an_archive_kept_to_its_managers_keeps_its_evaluation_too(
    client, person, october, wealth, head, colleague
):
    someone = person("48.8", "44.4", tier="T2", owner=wealth)
    archive.change_profile(someone.pk, by=wealth, job_class="leader", secrecy="managers")
    october()
    url, api = f"/tiers/client/{someone.pk}/", f"/api/v1/evaluations/?client={someone.pk}"
    for user, reads in ((wealth, True), (head, True), (colleague, False)):
        client.force_login(user)
        assert client.get(url).status_code == (200 if reads else 403), user
        assert client.get(f"{url}override/").status_code in ((200, 403) if reads else (403,)), user
        assert client.get(api).json()["count"] == int(reads), user
    assert client.post(f"{url}evaluate/").status_code == 403
    assert not AccessEvent.objects.filter(user=colleague, kind="view", fields__contains=["tier"]).exists()
    Profile.objects.update(secrecy="branch")
    assert client.get(url).status_code == 200
    assert client.get(api).json()["count"] == 1


def test_what_is_missing_is_a_figure_for_the_manager_and_a_band_for_others(
    client, person, october, wealth, colleague
):
    someone = person("47.7", "48.8", tier="T2", owner=wealth)
    october()
    url, api = f"/tiers/client/{someone.pk}/", f"/api/v1/evaluations/?client={someone.pk}"
    assert "1.2 × 10,000 yuan to" in read(client, wealth, url)
    row = client.get(api).json()["results"][0]
    assert (row["short"], row["short_band"] != "") == ("12000.00", True)
    theirs = read(client, colleague, url)
    assert "1.2 ×" not in theirs and "below 5 × 10,000 yuan to" in theirs
    row = client.get(api).json()["results"][0]
    assert (row["short"], row["short_band"] != "") == (None, True)


def test_what_changed_is_told_to_others_without_the_figure(person, october, wealth):
    client = person(30, 60, owner=wealth)
    october()
    now = Evaluation.objects.select_related("run", "scorecard").get(client=client)
    before = Evaluation.objects.select_related("run", "scorecard").get(client=client)
    before.average -= 123_456
    assert "12.3" in explain(now, before)["changes"][0]
    assert explain(now, before, exact=False)["changes"] == ["Monthly average up"]
