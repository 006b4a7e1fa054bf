"""The month's table: compiled once, whatever happens to the job; signed once; never changed (W1-12)."""

import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from referrals.actions import closing_day, months
from referrals.models import MonthEvent, MonthReport
from referrals.stats import figures
from referrals.stats import months as month_stats
from referrals.stats.facts import Question
from rmflow.notices.models import Notice
from rmflow.staff.permissions import Permission, Role, scope
from rmflow.workflow import Conflict, Refused
from tests.race import together
from tests.referrals.counted import a_day, deal, lock, reopen, slip

SEPT = datetime.date(2026, 9, 1)
#: 1–7 October are the National Day holiday: the 8th is the first working day.
DUE = datetime.date(2026, 10, 8)


@pytest.fixture
def september(branches, lobby, wealth, head, other_lobby, other_wealth):
    one, left = a_day(branches["first"], SEPT), a_day(branches["first"], datetime.date(2026, 9, 27))
    other = a_day(branches["second"], SEPT)
    for _n in range(3):
        made = slip(one, lobby, Role.LOBBY_MANAGER, wealth, said="existing_premium")
    slip(left, lobby, Role.LOBBY_MANAGER, wealth)
    slip(other, other_lobby, Role.LOBBY_MANAGER, other_wealth)
    deal(made, one, 1000)
    lock(one, other)
    return {"one": one, "left": left, "slip": made}


def test_nothing_is_compiled_before_the_first_working_day(september):
    assert months.compile_due(today=datetime.date(2026, 10, 7)) == {"compiled": 0, "renewed": 0}
    assert not MonthReport.objects.exists()


def test_the_first_working_day_compiles_every_branch_and_tells_its_head(september, head):
    assert months.compile_due(today=DUE) == {"compiled": 2, "renewed": 0}
    report = MonthReport.objects.get(branch__code="0817")
    assert (report.state, report.month, report.number) == ("draft", SEPT, "TJ-Y-202609-0817")
    assert report.content["total"]["total"] == 3
    assert report.content["unlocked"] == ["2026-09-27"]
    assert len(report.content["slips"]) == 3
    assert Notice.objects.filter(recipient=head, kind="month_draft").count() == 1


def test_a_second_run_changes_nothing(september, head):
    months.compile_due(today=DUE)
    assert months.compile_due(today=DUE) == {"compiled": 0, "renewed": 0}
    assert months.compile_due(today=datetime.date(2026, 10, 9)) == {"compiled": 0, "renewed": 0}
    assert (MonthReport.objects.count(), MonthEvent.objects.count()) == (2, 2)
    assert Notice.objects.filter(kind="month_draft").count() == 1


def test_a_run_killed_half_way_is_finished_by_the_next(september, monkeypatch):
    real, calls = months.compile_month, []

    def dies(branch, month):
        calls.append(branch)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(branch, month)

    monkeypatch.setattr(months, "compile_month", dies)
    with pytest.raises(KeyboardInterrupt):
        months.compile_due(today=DUE)
    assert MonthReport.objects.count() == 1
    monkeypatch.undo()
    assert months.compile_due(today=datetime.date(2026, 10, 9)) == {"compiled": 1, "renewed": 0}
    assert (MonthReport.objects.count(), MonthEvent.objects.count()) == (2, 2)


def test_a_draft_follows_its_figures_a_signed_month_does_not(september, head):
    months.compile_due(today=DUE)
    lock(september["left"])
    assert months.compile_due(today=DUE)["renewed"] == 1
    report = MonthReport.objects.get(branch__code="0817")
    assert report.content["total"]["total"] == 4
    months.sign(report.pk, by=head, digest=report.digest)
    reopen(september["left"])
    assert months.compile_due(today=DUE) == {"compiled": 0, "renewed": 0}
    report.refresh_from_db()
    assert (report.content["total"]["total"], months.frozen_still(report)) == (4, True)
    assert report.changed_at is not None


def test_reopening_a_day_of_a_signed_month_marks_it_and_changes_nothing(september, head, branches):
    """Through the head's own door: the figures stay, the month says that it changed since, the day is listed."""
    months.compile_due(today=DUE)
    report = signed(head)
    before = report.content
    closing_day.reopen(september["one"].pk, by=head, reason="更正一笔")
    report.refresh_from_db()
    assert (report.state, report.content == before, months.frozen_still(report)) == ("signed", True, True)
    assert report.changed_at is not None
    live = Question(scope(head, Permission.SEE_STATISTICS), SEPT, datetime.date(2026, 9, 30))
    assert figures.total(live)["total"] == 0
    assert months.compile_due(today=DUE) == {"compiled": 0, "renewed": 0}


def test_it_refuses_a_month_that_goes_on(september, branches):
    from rmflow.workdays import clock

    with pytest.raises(Refused):
        months.compile_month(branches["first"], clock.today())


def signed(head):
    report = MonthReport.objects.get(branch__code="0817")
    return months.sign(report.pk, by=head, digest=report.digest)


def test_a_signed_month_refuses_every_change_in_the_database(september, head):
    months.compile_due(today=DUE)
    report = signed(head)
    for change in (
        "UPDATE referrals_monthreport SET content = '{}' WHERE id = %s",
        "UPDATE referrals_monthreport SET state = 'draft', signed_by_id = NULL, signed_at = NULL WHERE id = %s",
        "UPDATE referrals_monthreport SET digest = '' WHERE id = %s",
        "DELETE FROM referrals_monthreport WHERE id = %s",
    ):
        with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change, [report.pk])
        assert caught.value.__cause__.diag.constraint_name == "month_signed"


def test_it_refuses_a_second_signature(september, head):
    months.compile_due(today=DUE)
    signed(head)
    with pytest.raises(Conflict):
        signed(head)


def test_a_later_deal_appears_in_its_own_month(september, head, branches):
    months.compile_due(today=DUE)
    report = signed(head)
    october = a_day(branches["first"], datetime.date(2026, 10, 9))
    deal(september["slip"], october, 7000)
    lock(october)
    report.refresh_from_db()
    assert (report.content["total"]["spot_amount"], report.changed_at) == ("1000.00", None)
    span = Question(
        scope(head, Permission.SEE_STATISTICS), datetime.date(2026, 10, 1), datetime.date(2026, 10, 31)
    )
    assert figures.total(span)["spot_amount"] == 7000


def test_a_signed_month_reads_as_it_was_shown(september, head):
    from referrals.rules.periods import Kind, period

    months.compile_due(today=DUE)
    report = signed(head)
    span = period(Kind.MONTH, SEPT)
    live = month_stats.shown(Question(scope(head, Permission.SEE_STATISTICS), span.first, span.last), span)
    frozen = month_stats.read(report.content)
    for name in ("total", "before", "employees", "dates", "heat", "cohorts", "first_contacts"):
        assert frozen[name] == live[name], name


def test_a_signed_month_compares_posts_and_channels_as_they_were_then(
    september, head, client, branches, lobby, wealth
):
    august = a_day(branches["first"], datetime.date(2026, 8, 3))
    slip(august, lobby, Role.LOBBY_MANAGER, wealth)
    lock(august)
    months.compile_due(today=DUE)
    signed(head)
    reopen(august)  # what is known of August now is not what was signed
    client.force_login(head)
    for by in ("role", "channel"):
        page = client.get(f"/statistics/table/?kind=month&day=2026-09-01&by={by}")
        assert page.context["asked"].frozen is not None
        assert page.context["versus"] is True
        assert [line["versus"] for line in page.context["lines"]] == [["+2", "–"]]


@pytest.mark.django_db(transaction=True)
def test_signed_months_cannot_be_emptied(september, head):
    months.compile_due(today=DUE)
    signed(head)
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE referrals_monthreport CASCADE")
    assert caught.value.__cause__.diag.constraint_name == "month_signed"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_compile_each_branch_once(september):
    def work():
        return months.compile_due(today=DUE)

    together(work, work)
    assert (MonthReport.objects.count(), MonthEvent.objects.filter(name="compile").count()) == (2, 2)
    assert Notice.objects.filter(kind="month_draft").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_signatures_at_once_are_one(september, head):
    months.compile_due(today=DUE)
    outcomes = sorted(name for name, _text in together(lambda: signed(head), lambda: signed(head)))
    assert outcomes == ["Conflict", "done"]
    assert MonthEvent.objects.filter(name="sign").count() == 1
