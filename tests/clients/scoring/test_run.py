"""A month's run: computed once a branch, signed by its head, put into effect on whom it changes."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied

from clients.actions import evaluation, signing
from clients.models import Client, DowngradeRead, Evaluation, EvaluationRun, RunPart, Scorecard, Verdict
from clients.scoring.rules import Flag, PartState, RunState
from rmflow.workflow import Conflict, Refused

from .conftest import NOW, OCTOBER

pytestmark = pytest.mark.django_db
NOVEMBER = datetime.date(2026, 11, 1)


def found(client):
    return Evaluation.objects.get(client=client)


def part(run, branch):
    return RunPart.objects.get(run=run, branch=branch)


@pytest.mark.parametrize(
    ("tier", "averages", "after", "move", "reason", "watched"),
    [
        ("T3", (60, 45), "T3", "watch", "watched", True),
        ("T3", (60, 45, 44, 48), "T2", "down", "below", False),
        ("T3", (60, 45, 44, 50), "T3", "stay", "held", False),
        ("T3", (45, 60, 44, 48), "T3", "watch", "watched", True),
        ("T3", (45, None, 44, None, 48), "T2", "down", "below", False),
        ("T3", (45, 45, None), "T3", "stay", "no_data", False),
        ("T2", (60,), "T3", "up", "reached", False),
        ("T5", (500, 500, 500, 500, 500), "T5", "watch", "watched", True),
        ("T5", (500, 500, 500, 500, 500, 500), "T4", "down", "below", False),
        ("", (30,), "T2", "new", "first", False),
        ("", (), "", "stay", "no_data", False),
        ("T0", (-40,), "T0", "stay", "held", False),
        ("", (99_999_999,), "T5", "new", "first", False),
    ],
)
def test_a_tier_moves_as_the_rules_say(person, october, tier, averages, after, move, reason, watched):
    row = found_after(person(*averages, tier=tier), october)
    assert (row.tier, row.move, row.reason, row.watched) == (after, move, reason, watched)


def found_after(client, october):
    october()
    return found(client)


def test_misses_count_from_the_day_the_tier_began(person, october):
    fresh = person(45, 45, 45, 45, tier="T3", tier_since=datetime.date(2026, 9, 1))
    assert found_after(fresh, october).misses == 2


def test_nothing_changes_before_the_signature_and_everything_after(person, october, head, branches):
    up, down, same = (
        person(60, tier="T2"),
        person(45, 44, 48, tier="T3"),
        person(30, tier="T2", type="existing_premium", level="regular"),
    )
    run = october()
    assert set(Client.objects.values_list("tier", flat=True)) == {"T2", "T3"}
    before = {client.pk: client.history.count() for client in (up, down, same)}
    signed = signing.sign(part(run, branches["first"]).pk, by=head, opinion=" 同意 ")
    assert (signed.state, signed.opinion, signed.signed_by) == (PartState.SIGNED, "同意", head)
    up.refresh_from_db()
    down.refresh_from_db()
    assert (up.tier, up.tier_since, up.watch_since) == ("T3", NOVEMBER, None)
    assert (down.tier, down.tier_since) == ("T2", NOVEMBER)
    assert same.history.count() == before[same.pk]
    assert up.history.count() > before[up.pk]
    entry = up.timeline.get(kind="tier")
    assert entry.data == {"from": "T2", "to": "T3", "move": "up", "reason": "reached", "run": run.pk}
    assert not same.timeline.exists()
    run.refresh_from_db()
    assert run.state == RunState.DONE
    with pytest.raises(Conflict):
        signing.sign(signed.pk, by=head)


def test_only_the_head_of_the_scope_signs(person, october, head, wealth, region_head, hire, branches):
    person(60, tier="T2")
    person(60, tier="T2", branch="second")
    run = october()
    here, there = part(run, branches["first"]), part(run, branches["second"])
    with pytest.raises(PermissionDenied):
        signing.sign(here.pk, by=wealth)
    with pytest.raises(RunPart.DoesNotExist):
        signing.sign(there.pk, by=head)
    assert signing.sign_all(run.pk, by=region_head) == 2
    assert set(Client.objects.values_list("tier", flat=True)) == {"T3"}


def test_unsigned_upgrades_take_effect_on_the_third_working_day_and_downgrades_wait(person, october, head):
    up, down, low = person(60, tier="T2"), person(45, 44, 48, tier="T3"), person(45, tier="T3")
    run = october()
    assert run.upgrades_on == datetime.date(2026, 11, 4)
    assert signing.upgrade_due(today=datetime.date(2026, 11, 3)) == 0
    assert signing.upgrade_due(today=datetime.date(2026, 11, 4)) == 1
    assert signing.upgrade_due(today=datetime.date(2026, 11, 4)) == 0
    for client in (up, down, low):
        client.refresh_from_db()
    assert (up.tier, down.tier, low.tier, low.watch_since) == ("T3", "T3", "T3", NOVEMBER)
    signing.sign(run.parts.get().pk, by=head)
    down.refresh_from_db()
    assert down.tier == "T2"
    assert up.timeline.filter(kind="tier").count() == 1


def test_a_half_yearly_review_is_signed_when_each_downgrade_was_read(person, october, head):
    Scorecard.objects.in_force().update(formal_review=["10-31"])
    down = person(45, 44, 48, tier="T3")
    run = october()
    here = run.parts.get()
    with pytest.raises(Refused, match="1"):
        signing.sign(here.pk, by=head)
    signing.read_downgrade(here.pk, down.pk, by=head)
    signing.read_downgrade(here.pk, down.pk, by=head)
    assert DowngradeRead.objects.count() == 1
    assert signing.sign(here.pk, by=head).state == PartState.SIGNED


def test_a_month_is_run_once_and_only_when_it_is_over(person, november):
    person(60)
    assert evaluation.start_due(today=NOVEMBER).month == OCTOBER
    assert evaluation.start_due(today=NOVEMBER) is None
    with pytest.raises(Conflict):
        evaluation.start(OCTOBER)
    with pytest.raises(Refused):
        evaluation.start(NOVEMBER)


def test_without_balances_the_month_waits(person, november):
    person(60, last=datetime.date(2026, 9, 1))
    assert evaluation.start_due(today=NOVEMBER) is None
    assert not EvaluationRun.objects.exists()


def test_computed_twice_is_computed_once(person, october):
    person(60)
    run = october()
    assert not evaluation.compute(run.parts.get().pk)
    assert not evaluation.finish(run.pk)
    assert Evaluation.objects.count() == 1


def test_a_client_who_changes_branch_meanwhile_is_neither_missed_nor_counted_twice(person, branches):
    early, late = person(60), person(60, branch="second")
    run = evaluation.start(OCTOBER)
    evaluation.compute(part(run, branches["first"]).pk)
    Client.objects.filter(pk=early.pk).update(branch=branches["second"])
    Client.objects.filter(pk=late.pk).update(branch=branches["first"])
    evaluation.run_now(run)
    assert Evaluation.objects.filter(run=run).count() == 2
    assert found(late).branch_id == branches["first"].pk


def test_the_managers_verdict_stands_for_a_month_then_the_difference_is_a_conflict(
    person, october, wealth, branches, november
):
    def judged(at):
        client = person(60, type="ordinary")
        Verdict.objects.create(
            client=client, type="ordinary", type_before="unjudged", branch=client.branch, by=wealth, at=at
        )
        return client

    day = datetime.datetime(2026, 10, 20, 4, tzinfo=datetime.UTC)
    new, older, ancient = judged(day), judged(day.replace(month=9)), judged(day.replace(month=1))
    plain = person(60, type="ordinary")
    run = october()
    assert [found(c).flags for c in (new, older, ancient, plain)] == [Flag.VERDICT, Flag.CONFLICT, 0, 0]
    assert [found(c).type for c in (new, older)] == ["ordinary", "existing_premium"]
    signing.sign_all(run.pk, by=_head(branches))
    for client in (new, older, ancient, plain):
        client.refresh_from_db()
    assert [c.type for c in (new, older, ancient, plain)] == [
        "ordinary",
        "ordinary",
        "existing_premium",
        "existing_premium",
    ]
    assert [c.tier for c in (new, older)] == ["T3", "T3"]


def _head(branches):
    from rmflow.staff.models import RoleHolding, User
    from rmflow.staff.permissions import Role

    user = User.objects.create(employee_no="900001", name="郑海涛", home_branch=branches["region"])
    RoleHolding.objects.create(
        user=user, role=Role.REGION_HEAD, branch=branches["region"], valid_from="2020-01-01"
    )
    return user


def test_who_was_changed_meanwhile_is_left_alone(person, october, head):
    client = person(60, tier="T2")
    run = october()
    Client.objects.update(tier="T4")
    signing.sign(run.parts.get().pk, by=head)
    client.refresh_from_db()
    assert client.tier == "T4"


@pytest.mark.parametrize(
    "since",
    [
        {"no_profiling": True},
        {"do_not_contact": True, "no_profiling": True, "restricted_at": NOW},
        {"do_not_contact": True, "name": "", "erased_at": NOW},
    ],
)
def test_who_objected_since_the_run_looked_is_left_alone(person, october, head, since):
    client = person(60, tier="T2")
    run = october()
    Client.objects.update(**since)
    signing.sign(run.parts.get().pk, by=head)
    client.refresh_from_db()
    assert (client.tier, client.type) == ("T2", "unjudged")
    assert not client.timeline.filter(kind__in=("tier", "verdict")).exists()


def test_who_was_folded_into_another_since_the_run_looked_is_left_alone(person, october, head):
    client, winner = person(60, tier="T2"), person(60, tier="T3")
    run = october()
    Client.objects.filter(pk=client.pk).update(merged_into=winner)
    signing.sign(run.parts.get().pk, by=head)
    client.refresh_from_db()
    assert (client.tier, client.type) == ("T2", "unjudged")


def test_by_event_nobody_falls_and_a_higher_tier_comes_by_the_option(person, november):
    down, up = person(45, 44, 48, tier="T3"), person(60, tier="T2")
    evaluation.evaluate_clients([down.pk, up.pk], cause="manual")
    up.refresh_from_db()
    assert up.tier == "T2"
    assert signing.upgrade_due(today=datetime.date(2026, 12, 1)) == 1
    up.refresh_from_db()
    down.refresh_from_db()
    assert (up.tier, up.tier_since, down.tier) == ("T3", datetime.date(2026, 12, 1), "T3")


def test_by_event_a_higher_tier_comes_at_once_when_the_option_says_so(person, november):
    Scorecard.objects.in_force().update(upgrade="immediate")
    up = person(60, tier="T2")
    run = evaluation.evaluate_clients([up.pk], cause="manual")
    up.refresh_from_db()
    assert (up.tier, up.tier_since) == ("T3", NOVEMBER)
    run.refresh_from_db()
    assert run.state == RunState.DONE
