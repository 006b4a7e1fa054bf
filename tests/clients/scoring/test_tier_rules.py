"""Tiers month by month: the vectors of domain-rules §2.2 and one for every option."""

from dataclasses import replace
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clients.scoring.rules import (
    BandSpec,
    DowngradeTo,
    IndicatorSpec,
    NewClient,
    Reason,
    Standing,
    Tier,
    TierRules,
    check_bands,
    check_tiers,
    check_weights,
    next_standing,
    walk,
)
from rmflow.workflow import Refused

WAN = 10_000
RULES = TierRules(
    tiers=(
        Tier("T0", Decimal(0)),
        Tier("T1", Decimal(5 * WAN)),
        Tier("T2", Decimal(20 * WAN)),
        Tier("T3", Decimal(50 * WAN)),
        Tier("T4", Decimal(200 * WAN)),
        Tier("T5", Decimal(600 * WAN), downgrade_after=6),
    )
)
BEST = replace(RULES, downgrade_to=DowngradeTo.BEST_OF_SIX)
POINT = replace(RULES, new_client=NewClient.POINT_IN_TIME)


def path(tier, *averages, rules=RULES):
    """`T3`, or `T3*` when watched, after each month; averages in 10,000 yuan."""
    yuan = [None if average is None else Decimal(str(average)) * WAN for average in averages]
    return " ".join(
        (standing.tier or "-") + "*" * standing.is_watched for standing in walk(rules, tier, yuan)
    )


@pytest.mark.parametrize(
    ("tier", "averages", "expected"),
    [
        # the vector of domain-rules §2.2: month 2 watched, month 4 ends the third miss, T2 from month 5
        ("T3", (60, 45, 44, 48), "T3 T3* T3* T2"),
        ("T3", (60, 45, 44, 48, 47), "T3 T3* T3* T2 T2"),
        # back above: the watch is cleared, and three misses count anew
        ("T3", (45, 44, 50, 45, 44, 48), "T3* T3* T3 T3* T3* T2"),
        # exactly the threshold is enough, a cent below is not
        ("T3", (50, "49.999999"), "T3 T3*"),
        # up at once after one month, over several tiers, and from the watch
        ("T1", (700,), "T5"),
        ("T3", (45, 200), "T3* T4"),
        # private banking waits for six months
        ("T5", (500, 500, 500, 500, 500, 500), "T5* T5* T5* T5* T5* T4"),
        ("T5", (500, 500, 500, 500, 500, 600), "T5* T5* T5* T5* T5* T5"),
        # the tier of the last month, however low, or negative
        ("T4", (150, 60, 3), "T4* T4* T0"),
        ("T2", (-5, -5, -5), "T2* T2* T0"),
        ("T0", (-5, 0), "T0 T0"),
        ("T0", ("99999999999",), "T5"),
        # a month without a balance neither counts nor ends the series
        ("T3", (45, None, 44, None, 48), "T3* T3* T3* T3* T2"),
        ("T3", (None, None, None, None), "T3 T3 T3 T3"),
        # a new client: the first month decides
        ("", (30, 30), "T2 T2"),
        ("", (None, 30), "- T2"),
    ],
)
def test_the_tiers_of_a_series_of_months(tier, averages, expected):
    assert path(tier, *averages) == expected


@pytest.mark.parametrize(
    ("averages", "expected"),
    [
        # the best of the last six months holds the tier until it is forgotten
        ((60, 45, 44, 48), "T3 T3* T3* T3*"),
        ((60, 45, 44, 48, 47, 46, 45), "T3 T3* T3* T3* T3* T3* T2"),
        # the best of the months below decides, not the last
        ((25, 25, 4), "T3* T3* T2"),
    ],
)
def test_downgrade_to_the_best_of_six(averages, expected):
    assert path("T3", *averages, rules=BEST) == expected


def test_the_watch_may_begin_later_than_the_first_miss():
    assert path("T3", 45, 45, 45, rules=replace(RULES, watch_after=2)) == "T3 T3* T2"
    late = replace(RULES, watch_after=3, downgrade_after=6)  # the rule of the bank that watches from month 4
    assert path("T3", 45, 45, 45, 45, 45, 45, rules=late) == "T3 T3 T3* T3* T3* T2"


def test_a_downgrade_may_come_with_the_first_miss():
    assert path("T3", 45, rules=replace(RULES, downgrade_after=1)) == "T2"


def test_a_new_client_waits_for_a_full_month_or_takes_the_balance_at_its_end():
    month = {"is_full": False, "point": Decimal(30 * WAN)}
    assert next_standing(RULES, Standing(), Decimal(WAN), **month).tier == ""
    first = next_standing(POINT, Standing(), Decimal(WAN), **month)
    assert (first.tier, first.reason) == ("T2", Reason.FIRST)
    assert next_standing(POINT, Standing(), Decimal(WAN), is_full=True, point=Decimal(30 * WAN)).tier == "T0"
    assert next_standing(POINT, Standing(), Decimal(6 * WAN), is_full=False).tier == "T1"


@pytest.mark.django_db
def test_the_command_prints_a_line_per_month():
    out = StringIO()
    call_command("tier_path", "--tier", "T3", "60", "45", "44", "48", stdout=out)
    assert out.getvalue() == "1 60 T3 -\n2 45 T3 watch\n3 44 T3 watch\n4 48 T2 -\n"
    out = StringIO()
    call_command("tier_path", "-", "4.5", "-3", stdout=out)
    assert out.getvalue() == "1 - - -\n2 4.5 T0 -\n3 -3 T0 -\n"


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [("--tier", "T9", "5"), ("--tier", "T3", "much"), ("Infinity",)])
def test_the_command_refuses_nonsense(arguments):
    with pytest.raises(CommandError):
        call_command("tier_path", *arguments)


def bands(*rows):
    return IndicatorSpec("AUM", False, [BandSpec(low, high, points) for low, high, points in rows])


def test_bands_that_meet_are_accepted_in_any_order():
    check_bands(bands((5, 10, 2), (None, 5, 0), (10, None, 4)))
    check_bands(bands((None, None, 4)))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(None, 5, 0), (6, None, 2)], "gap from 5 to 6"),
        ([(None, 5, 0), (4, None, 2)], "overlap at 4"),
        ([(None, 5, 0), (None, None, 2)], "overlap"),
        ([(None, 5, 0), (5, None, 2), (7, None, 3)], "overlap"),
        ([(None, 5, 0), (9, 5, 1), (5, None, 2)], "from 9 to 5 is reversed"),
        ([(None, 5, 0), (5, 5, 1), (5, None, 2)], "reversed"),
        ([(0, None, 2)], "no lower bound"),
        ([(None, 5, 2)], "no upper"),
        ([(None, None, -1)], "negative"),
        ([], "at least one band"),
    ],
)
def test_bands_with_faults_are_refused_in_words(rows, words):
    with pytest.raises(Refused, match=words):
        check_bands(bands(*rows))


def test_a_code_stands_once():
    twice = IndicatorSpec("Job", True, [BandSpec(code="leader", points=1), BandSpec(code="leader", points=2)])
    with pytest.raises(Refused, match="twice"):
        check_bands(twice)


def test_weights_are_a_hundred_and_can_be_reached():
    five = bands((None, 1, 0), (1, None, 60))
    check_weights([("A", 60, [five]), ("B", 40, [five])])
    with pytest.raises(Refused, match="90 together"):
        check_weights([("A", 60, [five]), ("B", 30, [five])])
    with pytest.raises(Refused, match="60 points at most, its weight is 70"):
        check_weights([("A", 70, [five]), ("B", 30, [five])])


def test_the_tier_table_rises_from_nothing():
    check_tiers(RULES.tiers)
    for tiers in ([], [Tier("T1", Decimal(5))], [Tier("T0", Decimal(0)), Tier("T1", Decimal(0))]):
        with pytest.raises(Refused):
            check_tiers(tiers)
    with pytest.raises(Refused):
        check_tiers([Tier("T0", Decimal(0)), Tier("T0", Decimal(5))])
