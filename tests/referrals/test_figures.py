"""推介统计表 counted by hand (domain-rules §1.3): locked days only, another branch's rows always there."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection

from referrals.models import Referral
from referrals.rules.periods import Kind, Period, period
from referrals.stats import behind, figures, rollup
from referrals.stats.facts import Question
from rmflow.staff.permissions import Permission, Role, scope

from .counted import a_day, at, deal, lock, reopen, slip

SEPT, LAST = datetime.date(2026, 9, 1), datetime.date(2026, 9, 30)


def day_of(n, month=9):
    return datetime.date(2026, month, n)


@pytest.fixture
def month(branches, lobby, teller, wealth, other_lobby, other_wealth):
    """September: two locked days and an unlocked one here, one locked day next door."""
    here, there = branches["first"], branches["second"]
    one, two, open_, next_door = (
        a_day(here, day_of(1)),
        a_day(here, day_of(2)),
        a_day(here, day_of(3)),
        a_day(there, day_of(1)),
    )
    sold = slip(one, lobby, Role.LOBBY_MANAGER, wealth, said="existing_premium")
    slip(one, lobby, Role.LOBBY_MANAGER, wealth, said="ordinary", when=at(day_of(1), 11))
    late = slip(one, lobby, Role.LOBBY_MANAGER, wealth, status="to_follow_up", said="existing_potential")
    slip(two, teller, Role.TELLER, wealth, check="repeat", channel="counter")
    slip(two, teller, Role.TELLER, wealth, check="corrected", said="prospective_premium", channel="counter")
    slip(two, teller, Role.TELLER, wealth, check="invalid", channel="counter", said="ordinary")
    slip(open_, lobby, Role.LOBBY_MANAGER, wealth)
    other = slip(next_door, other_lobby, Role.LOBBY_MANAGER, other_wealth, said="existing_premium")
    deal(sold, one, 100000)
    deal(late, two, 50000)
    deal(late, two, 20000)
    deal(other, next_door, 9)
    lock(one, two, next_door)
    return {"one": one, "two": two, "open": open_, "other": next_door, "sold": sold, "late": late}


@pytest.fixture
def ask(head):
    def make(user=head, first=SEPT, last=LAST, **only):
        return Question(scope(user, Permission.SEE_STATISTICS), first, last, only)

    return make


def test_the_whole_month_of_a_branch(month, ask):
    row = figures.total(ask())
    assert row == {
        "total": 6,
        "referred": 5,
        "to_follow_up": 1,
        "verified": 4,
        "premium": 1,
        "potential": 1,
        "prospective": 1,
        "ordinary": 1,
        "repeats": 1,
        "invalid": 1,
        "reached": 2,
        "spot_deals": 1,
        "converted": 1,
        "follow_deals": 2,
        "spot_amount": Decimal(100000),
        "follow_amount": Decimal(70000),
    }


def test_a_row_for_each_employee_and_double_counting(month, ask, lobby, teller, wealth):
    rows = {row["employee"]: row for row in figures.by_employee(ask())}
    assert set(rows) == {lobby.pk, teller.pk, wealth.pk}
    assert (rows[lobby.pk]["total"], rows[teller.pk]["total"], rows[wealth.pk]["total"]) == (3, 3, 0)
    for person in (lobby, wealth):
        assert (rows[person.pk]["spot_amount"], rows[person.pk]["follow_amount"]) == (100000, 70000)
    assert rows[lobby.pk]["role"] == "lobby_manager"
    total = figures.total(ask())
    assert total["spot_amount"] == 100000  # once


def test_an_unlocked_day_does_not_count_and_is_named(month, ask):
    days = figures.days(ask())
    assert [(day["date"], bool(day["closed_at"])) for day in days] == [
        (day_of(1), True),
        (day_of(2), True),
        (day_of(3), False),
    ]
    lock(month["open"])
    assert figures.total(ask())["total"] == 7


def counts(rows, *keys):
    return [tuple(row[key] for key in (*keys, "total")) for row in rows]


def test_by_role_channel_hour_day_and_heat(month, ask):
    assert counts(figures.by_role(ask()), "role") == [("lobby_manager", 3), ("teller", 3)]
    assert counts(figures.by_channel(ask()), "channel") == [("counter", 3), ("lobby", 3)]
    assert counts(figures.by_hour(ask()), "hour") == [(10, 5), (11, 1)]
    assert counts(figures.by_day(ask()), "date") == [(day_of(1), 3), (day_of(2), 3)]
    assert counts(figures.by_weekday_and_hour(ask()), "weekday", "hour") == [
        (2, 10, 2),
        (2, 11, 1),
        (3, 10, 3),
    ]
    assert counts(figures.by_month(ask()), "month") == [(SEPT, 6)]


def test_filters_narrow_every_question(month, ask, teller):
    assert figures.total(ask(channel="counter"))["total"] == 3
    assert figures.total(ask(role="lobby_manager"))["total"] == 3
    assert figures.total(ask(employee=teller.pk))["total"] == 3
    assert figures.total(ask(hour=11))["total"] == 1


def test_a_region_reads_each_branch_and_a_branch_only_itself(month, ask, region_head, branches, teller):
    whole = [
        (row["branch_code"], row["total"], row["spot_amount"]) for row in figures.by_branch(ask(region_head))
    ]
    assert whole == [("0817", 6, 100000), ("0818", 1, 9)]
    assert [row["branch_code"] for row in figures.by_branch(ask())] == ["0817"]
    assert figures.total(ask(teller))["total"] == 0


def test_the_cohort_keeps_later_deals_with_their_slips_month(month, ask, branches):
    october = a_day(branches["first"], day_of(5, 10))
    deal(month["late"], october, 30000)
    lock(october)
    assert figures.total(ask())["follow_amount"] == 70000
    later = ask(first=day_of(1, 10), last=day_of(31, 10))
    assert (figures.total(later)["follow_amount"], figures.total(later)["total"]) == (30000, 0)
    cohort = figures.cohorts(ask())
    assert [(row["made_month"], row["total"], row["follow_amount"]) for row in cohort] == [(SEPT, 6, 100000)]


def test_who_changed_branch_in_mid_month_counts_where_he_was(
    month, ask, branches, lobby, other_wealth, region_head
):
    """B-04."""
    day = a_day(branches["second"], day_of(20))
    slip(day, lobby, Role.TELLER, other_wealth, said="ordinary")
    lock(day)
    lobby.home_branch = branches["second"]
    lobby.save()
    assert figures.total(ask())["total"] == 6
    mine = [row for row in figures.by_employee(ask(region_head)) if row["employee"] == lobby.pk]
    assert {(row["branch_code"], row["role"], row["total"]) for row in mine} == {
        ("0817", "lobby_manager", 3),
        ("0818", "teller", 1),
    }


def test_a_slip_made_after_midnight_counts_under_its_business_date(month, ask, branches, teller, wealth):
    """Closing at 00:30 closes yesterday: the date is the branch day's, the hour the clock's."""
    last = a_day(branches["first"], day_of(30))
    slip(last, teller, Role.TELLER, wealth, when=at(day_of(1, 10), 0, 20))
    lock(last)
    assert figures.total(ask())["total"] == 7
    assert figures.total(ask(hour=0))["total"] == 1
    assert figures.total(ask(first=day_of(1, 10), last=day_of(31, 10)))["total"] == 0


def test_a_month_ends_with_its_business_day_in_whatever_time_zone_the_database_speaks(
    ask, branches, teller, wealth
):
    """A second before and a second after midnight of the last of September, both on its business day."""
    last = a_day(branches["first"], LAST)
    for moment in (at(LAST, 23, 59), at(day_of(1, 10), 0, 1)):
        slip(last, teller, Role.TELLER, wealth, when=moment)
    lock(last)
    october = ask(first=day_of(1, 10), last=day_of(31, 10))
    for zone in ("UTC", "America/New_York", "Asia/Shanghai"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])
        assert counts(figures.by_hour(ask()), "hour") == [(0, 1), (23, 1)], zone
        assert counts(figures.by_day(ask()), "date") == [(LAST, 2)], zone
        assert counts(figures.by_month(ask()), "month") == [(SEPT, 2)], zone
        assert behind.slips(ask(hour=23)).count() == behind.slips(ask(hour=0)).count() == 1, zone
        assert figures.total(october)["total"] == behind.slips(october).count() == 0, zone


def test_a_make_up_saturday_is_a_day_like_any_other(ask, branches, teller, wealth):
    saturday = datetime.date(2026, 10, 10)
    day = a_day(branches["first"], saturday)
    slip(day, teller, Role.TELLER, wealth)
    lock(day)
    heat = figures.by_weekday_and_hour(ask(first=saturday, last=saturday))
    assert [(row["weekday"], row["total"]) for row in heat] == [(6, 1)]


def test_the_last_verdict_counts_once(month, ask, wealth):
    from clients.models import Verdict

    Verdict.objects.create(
        client=month["late"].client, type="ordinary", type_before="existing_potential",
        branch=wealth.home_branch, by=wealth, at=at(day_of(9)),
    )  # fmt: skip
    row = figures.total(ask())
    assert (row["potential"], row["ordinary"]) == (0, 2)


def test_every_figure_has_its_rows(month, ask, lobby, wealth):
    total = figures.total(ask())
    total["good"] = total["premium"] + total["potential"] + total["prospective"]
    total["checked"] = total["verified"] + total["invalid"]
    total["in_time"] = figures.first_contacts(ask())["in_time"]
    for measure in behind.SLIPS_OF:
        assert behind.slips(ask(), measure).count() == total[measure], measure
    assert behind.deals(ask()).count() == 3
    for measure in ("spot_deals", "follow_deals", "converted"):
        assert behind.deals(ask(), measure).count() == total[measure]
    assert behind.deals(ask(employee=wealth.pk)).count() == 3
    assert behind.deals(ask(employee=lobby.pk, role="lobby_manager")).count() == 3
    assert behind.slips(ask(employee=lobby.pk)).count() == 3


def test_who_was_reached_and_called_in_time_has_its_rows(month, ask, branches, wealth):
    """A contact after the filing: the client is reached, and the slip's first contact came in time."""
    from followups.actions import open_record, record_contact

    late = month["late"]
    record = open_record(
        late.client, wealth, by=wealth, branch=branches["first"], source_key=f"referral:{late.pk}"
    )
    Referral.objects.filter(pk=late.pk).update(follow_up=record)
    assert behind.slips(ask(), "in_time").count() == 0
    before = figures.total(ask())["reached"]
    record_contact(record.items.get().pk, by=wealth, result="met", channel="phone")
    assert behind.slips(ask(), "in_time").count() == figures.first_contacts(ask())["in_time"] == 1
    assert behind.slips(ask(), "reached").count() == figures.total(ask())["reached"] == before + 1


def test_by_region_adds_up_its_branches(month, ask, region_head, branches):
    rows = figures.by_region(ask(region_head))
    assert [(row["region_name"], row["total"]) for row in rows] == [("贵阳市分行", 7)]
    assert figures.by_region(ask(region_head, hour=11)) != rows  # past the roll-up, out of the slips
    city = branches["city"].pk
    assert figures.total(ask(region_head, region=city))["total"] == 7
    assert behind.slips(ask(region_head, region=city)).count() == 7
    assert behind.deals(ask(region_head, region=city)).count() == 4
    assert figures.total(ask(region_head, region=0))["total"] == 0


def test_the_rows_of_a_cohort_are_its_slips_months(month, ask, branches):
    october = a_day(branches["first"], day_of(9, 10))
    deal(month["late"], october, 30000)
    lock(october)
    row = figures.cohorts(ask())[0]
    assert behind.deals(ask(), "cohort_deals").count() == row["spot_deals"] + row["follow_deals"] == 4
    assert behind.deals(ask(), "cohort_converted").count() == row["converted"] == 1
    assert behind.deals(ask()).count() == 3


def test_reopening_takes_a_day_out_until_it_is_locked_again(month, ask, region_head):
    rollup.refresh()
    reopen(month["two"])
    assert figures.total(ask())["total"] == 3
    assert figures.by_branch(ask(region_head))[0]["total"] == 3
    lock(month["two"])
    assert figures.by_branch(ask(region_head))[0]["total"] == 6


@pytest.mark.parametrize("refreshed", [True, False])
def test_the_roll_up_says_what_the_slips_say(month, ask, region_head, refreshed):
    if refreshed:
        assert rollup.refresh() > 0
        assert rollup.refresh() == 0

    def raw():
        return figures.facts.ask(ask(region_head), ("branch",), reached=True, in_time=True)

    by = raw()
    assert figures.by_branch(ask(region_head)) == by
    assert figures.heat_of_branches(ask(region_head)) == [
        {name: cell[name] for name in ("weekday", "hour", "total")}
        for cell in figures.by_weekday_and_hour(ask(region_head))
        if cell["total"]
    ]
    deal(month["late"], month["two"], 1)
    assert figures.by_branch(ask(region_head)) == raw() != by


def test_first_contact_in_time(month, ask, branches, wealth):
    from followups.actions import open_record, record_contact

    late = month["late"]
    record = open_record(
        late.client, wealth, by=wealth, branch=branches["first"], source_key=f"referral:{late.pk}"
    )
    type(late).objects.filter(pk=late.pk).update(follow_up=record)
    assert figures.first_contacts(ask()) == {"to_follow_up": 1, "in_time": 0}
    item = record.items.get()
    record_contact(item.pk, by=wealth, result="met", channel="phone")
    assert figures.first_contacts(ask()) == {"to_follow_up": 1, "in_time": 1}
    assert figures.first_contacts(ask(channel="counter")) == {"to_follow_up": 0, "in_time": 0}


def test_periods():
    quarter = period(Kind.QUARTER, day_of(15))
    assert (quarter.first, quarter.last) == (datetime.date(2026, 7, 1), datetime.date(2026, 9, 30))
    assert period(Kind.MONTH, day_of(15)).before() == period(Kind.MONTH, day_of(15, 8))
    assert period(Kind.MONTH, day_of(15)).year_before().first == datetime.date(2025, 9, 1)
    week = period(Kind.WEEK, datetime.date(2026, 10, 8))
    assert (week.first.weekday(), week.days, week.year_before().first.weekday()) == (0, 7, 0)
    span = Period(Kind.RANGE, day_of(10), day_of(12))
    assert (span.before().first, span.after().first) == (day_of(7), day_of(13))
    assert period(Kind.DAY, datetime.date(2028, 2, 29)).year_before().first == datetime.date(2027, 2, 28)
