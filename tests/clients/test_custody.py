"""The archive register: filing, storing, querying, lending, checking, assessing; every step its event (C-07)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from clients import actions
from clients.actions import archive as archive_actions
from clients.actions import assessments, checks, custody, holds, lending
from clients.custody_rules import (
    FILE_TRANSITIONS,
    LOAN_TRANSITIONS,
    FileState,
    Finding,
    Grade,
    Link,
    LoanState,
    grade_for,
    keep_until,
)
from clients.models import Archive, CustodyEvent, Hold, Loan
from rmflow.notices.models import Notice
from rmflow.workdays import clock, current
from rmflow.workflow import Conflict, Refused
from tests.race import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(person, wealth):
    """A function: a premium client of `wealth` with an archive to be filed."""

    def make(name="陈美华", phone="13812345678", owner=None, branch="first"):
        client = person(name, branch, phone=phone, owner=owner or wealth)
        return actions.open_archive(client, by=owner or wealth)

    return make


@pytest.fixture
def filed(opened, archivist):
    """A function: the same, in the cabinet at A-01."""

    def make(**who):
        return custody.file_archive(opened(**who).pk, by=archivist, place="A-01")

    return make


def due(days=2):
    return current.calendar().add(clock.today(), days)


def events(archive, link=None):
    rows = CustodyEvent.objects.filter(archive=archive)
    return list((rows.filter(link=link) if link else rows).order_by("pk").values_list("name", flat=True))


@pytest.mark.parametrize("state", list(FileState))
@pytest.mark.parametrize("name", ["file", "store", "update", "lend", "return", "destroy"])
def test_each_step_starts_only_where_it_may(name, state):
    meant = {
        "file": {FileState.OPENED},
        "store": {FileState.FILED},
        "update": {FileState.FILED},
        "lend": {FileState.FILED},
        "return": {FileState.LENT},
        "destroy": {FileState.FILED},
    }
    assert FILE_TRANSITIONS[name].allows(state) == (state in meant[name])


@pytest.mark.parametrize("state", list(LoanState))
@pytest.mark.parametrize("name", ["approve", "refuse", "hand-out", "return"])
def test_each_step_of_a_loan_starts_only_where_it_may(name, state):
    meant = {
        "approve": LoanState.ASKED,
        "refuse": LoanState.ASKED,
        "hand-out": LoanState.APPROVED,
        "return": LoanState.LENT,
    }
    assert LOAN_TRANSITIONS[name].allows(state) == (state == meant[name])


def test_a_clock_runs_in_whole_years_and_never_ends_a_day_early():
    assert keep_until(datetime.date(2026, 3, 4), years=10) == datetime.date(2036, 3, 4)
    assert keep_until(datetime.date(2024, 2, 29), years=10) == datetime.date(2034, 3, 1)
    assert keep_until(datetime.date(2026, 3, 4), days=180) == datetime.date(2026, 8, 31)
    assert keep_until(None, years=10) is None


def test_filing_gives_a_place_and_leaves_who_when_and_why(opened, archivist):
    archive = custody.file_archive(opened().pk, by=archivist, place=" A-01-02 ", reason="建档资料齐全")
    assert (archive.state, archive.place, archive.filed_by) == (FileState.FILED, "A-01-02", archivist)
    event = CustodyEvent.objects.get(archive=archive, link=Link.FILING)
    assert (event.by, event.reason, event.branch) == (archivist, "建档资料齐全", archive.branch)
    with pytest.raises(Conflict):
        custody.file_archive(archive.pk, by=archivist, place="B")


def test_an_archive_cannot_be_filed_nowhere(opened, archivist):
    with pytest.raises(Refused) as refused:
        custody.file_archive(opened().pk, by=archivist, place="  ")
    assert refused.value.field == "place"


def test_moving_and_adding_papers_need_words(filed, archivist):
    archive = filed()
    for bad in (
        lambda: custody.store(archive.pk, by=archivist, place="A-01", reason="x"),
        lambda: custody.store(archive.pk, by=archivist, place="B-02", reason=" "),
        lambda: custody.add_papers(archive.pk, by=archivist, what=""),
    ):
        with pytest.raises(Refused), transaction.atomic():
            bad()
    custody.store(archive.pk, by=archivist, place="B-02", reason="A 柜已满")
    custody.add_papers(archive.pk, by=archivist, what="风险测评问卷 3 页")
    assert events(archive) == ["filed", "moved", "papers"]


def test_a_change_of_the_record_is_a_line_in_the_register(filed, wealth):
    archive = filed()
    actions.change(archive.client_id, by=wealth, occupation="教师")
    archive_actions.change_profile(archive.client_id, by=wealth, wants="换房")
    found = CustodyEvent.objects.filter(archive=archive, link=Link.UPDATE).order_by("pk")
    assert [row.data for row in found] == [{"fields": ["occupation"]}, {"fields": ["wants"]}]


def test_a_query_needs_a_purpose_and_is_on_record_in_each_file(filed, archivist, hire, opened):
    archive = filed()
    other = hire("100208", "别处", "archivist", "second")
    with pytest.raises(Refused) as refused:
        custody.query(by=archivist, text=archive.file_no, purpose="")
    assert refused.value.field == "purpose"
    assert custody.query(by=other, text=archive.file_no, purpose="监管抽查") == []
    assert custody.query(by=archivist, text=archive.file_no[-4:], purpose="监管抽查") == [archive]
    assert custody.query(by=archivist, text="陈美华", purpose="监管抽查") == [archive]
    assert events(archive, Link.QUERY) == ["queried", "queried"]
    assert CustodyEvent.objects.filter(link=Link.QUERY).first().reason == "监管抽查"


def test_the_own_client_s_file_goes_out_at_once_and_comes_back(filed, archivist, wealth):
    archive = filed()
    loan = lending.lend(archive.pk, by=archivist, borrower=wealth, purpose="年度回访", due_on=due())
    archive.refresh_from_db()
    assert (loan.state, archive.state) == (LoanState.LENT, FileState.LENT)
    with pytest.raises(Conflict):
        lending.lend(archive.pk, by=archivist, borrower=wealth, purpose="再借", due_on=due())
    loan = lending.take_back(loan.pk, by=archivist, note="完好")
    archive.refresh_from_db()
    assert (loan.state, loan.returned_by, archive.state) == (LoanState.RETURNED, archivist, FileState.FILED)
    assert events(archive, Link.LENDING) == ["asked", "lent", "returned"]
    with pytest.raises(Conflict):
        lending.take_back(loan.pk, by=archivist)


def test_a_colleague_s_file_waits_for_supervisor_or_head(filed, archivist, colleague, supervisor):
    archive = filed()
    loan = lending.lend(archive.pk, by=archivist, borrower=colleague, purpose="代班", due_on=due())
    assert (loan.state, Archive.objects.get(pk=archive.pk).state) == (LoanState.ASKED, FileState.FILED)
    assert Notice.objects.filter(recipient=supervisor, key=f"loan:{loan.pk}").exists()
    with pytest.raises(PermissionDenied):
        lending.approve(loan.pk, by=archivist)
    with pytest.raises(Conflict):
        lending.hand_out(loan.pk, by=archivist)
    lending.approve(loan.pk, by=supervisor)
    lending.hand_out(loan.pk, by=archivist)
    lent = CustodyEvent.objects.get(archive=archive, name="lent")
    assert (lent.by, lent.approved_by, lent.data["borrower"]) == (archivist, supervisor, "陈志远")


def test_a_manager_asks_and_is_refused_with_the_reason(filed, colleague, head):
    archive = filed()
    loan = lending.ask(archive.client_id, by=colleague, purpose="了解客户", due_on=due())
    with pytest.raises(Refused):
        lending.refuse(loan.pk, by=head, note="")
    assert lending.refuse(loan.pk, by=head, note="非管户客户").state == LoanState.REFUSED
    assert (
        lending.ask(archive.client_id, by=colleague, purpose="再申请", due_on=due()).state == LoanState.ASKED
    )


def test_a_stranger_of_another_branch_borrows_nothing(filed, archivist, other_wealth):
    archive = filed()
    with pytest.raises(Refused):
        lending.lend(archive.pk, by=archivist, borrower=other_wealth, purpose="x", due_on=due())


@pytest.mark.parametrize("days", [-1, 30])
def test_the_day_of_return_lies_within_ten_working_days(filed, archivist, wealth, days):
    with pytest.raises(Refused) as refused:
        day = clock.today() + datetime.timedelta(days=days)
        lending.lend(filed().pk, by=archivist, borrower=wealth, purpose="x", due_on=day)
    assert refused.value.field == "due_on"


def test_overdue_files_are_told_once_a_day(filed, archivist, wealth):
    archive = filed()
    loan = lending.lend(archive.pk, by=archivist, borrower=wealth, purpose="x", due_on=due())
    assert lending.remind_overdue(today=loan.due_on) == 0
    late = loan.due_on + datetime.timedelta(days=1)
    assert lending.remind_overdue(today=late) == lending.remind_overdue(today=late) == 1
    told = Notice.objects.filter(key=f"loan:{loan.pk}:late:{late}")
    assert set(told.values_list("recipient", flat=True)) == {archivist.pk, wealth.pk}


def test_nothing_leaves_the_cabinet_while_it_is_sealed(filed, archivist, wealth, monkeypatch):
    archive = filed()

    def sealed(branch_id):
        raise Refused("入柜", code="sealed")

    loan = lending.lend(archive.pk, by=archivist, borrower=wealth, purpose="x", due_on=due())
    monkeypatch.setattr(custody.custody, "require_unsealed", sealed)
    lending.take_back(loan.pk, by=archivist)
    for step in (
        lambda: custody.store(archive.pk, by=archivist, place="B", reason="x"),
        lambda: lending.lend(archive.pk, by=archivist, borrower=wealth, purpose="x", due_on=due()),
    ):
        with pytest.raises(Refused) as refused, transaction.atomic():
            step()
        assert refused.value.code == "sealed"


def test_a_check_is_drawn_recorded_and_signed_once(filed, archivist, supervisor, branches):
    archives = [filed(name=f"陈{n}", phone=f"1381234567{n}") for n in range(3)]
    round = checks.begin(branches["first"], by=archivist)
    assert checks.begin(branches["first"], by=archivist) == round
    items = list(round.items.order_by("pk"))
    assert {item.archive_id for item in items} == {archive.pk for archive in archives}
    with pytest.raises(Refused):
        checks.sign(round.pk, by=archivist)
    with pytest.raises(Refused) as refused:
        checks.put_findings(round.pk, by=archivist, findings={items[0].pk: (Finding.MISSING, "")})
    assert refused.value.field == f"note_{items[0].pk}"
    findings = {item.pk: (Finding.OK, "") for item in items[1:]}
    checks.put_findings(
        round.pk, by=archivist, findings={items[0].pk: (Finding.MISSING, "柜内没有"), **findings}
    )
    checks.sign(round.pk, by=archivist)
    with pytest.raises(Conflict):
        checks.sign(round.pk, by=archivist)
    assert set(Archive.objects.values_list("checked_on", flat=True)) == {clock.today()}
    assert Notice.objects.filter(recipient=supervisor, key=f"check:{round.pk}").exists()
    checks.settle_fault(items[0].pk, by=archivist, note="在 B 柜找到")
    assert events(items[0].archive, Link.CHECK) == ["missing", "settled"]


def test_two_draws_at_once_are_one(transactional_db, filed, archivist, branches):
    filed()
    outcomes = together(*[lambda: checks.begin(branches["first"], by=archivist).pk] * 2)
    assert [name for name, _text in outcomes] == ["done", "done"]
    assert outcomes[0][1] == outcomes[1][1]


def test_two_borrowers_at_once_get_one_file(transactional_db, filed, archivist, wealth, colleague):
    archive = filed()
    day = due()
    outcomes = together(
        *[
            lambda who=who: lending.lend(archive.pk, by=archivist, borrower=who, purpose="x", due_on=day).pk
            for who in (wealth, colleague)
        ]
    )
    assert sorted(name for name, _text in outcomes) == ["Conflict", "done"]
    assert Loan.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "complete", "grade"),
    [
        (0, 80, Grade.EXCELLENT),
        (0, 60, Grade.GOOD),
        (1, 90, Grade.GOOD),
        (2, 90, Grade.FAIR),
        (5, 90, Grade.POOR),
        (0, 40, Grade.POOR),
    ],
)
def test_the_figures_suggest_a_grade(wrong, complete, grade):
    figures = {"overdue": wrong, "late": 0, "faults": 0, "unfiled": 0, "completeness": complete}
    assert grade_for(figures) == grade


def test_a_manager_is_assessed_once_a_month_and_confirmed_by_another(
    filed, opened, archivist, supervisor, wealth, branches, other_wealth
):
    filed()
    opened(name="王芳", phone="13900001111")
    opened(name="李强", phone="13900002222", owner=other_wealth, branch="second")
    month = (clock.today().replace(day=1) - datetime.timedelta(days=1)).replace(day=1)
    what = {"by": archivist, "manager_id": wealth.pk, "month": month, "grade": Grade.GOOD}
    with pytest.raises(Refused):
        assessments.assess(branches["first"], **{**what, "month": clock.today().replace(day=1)})
    row = assessments.assess(branches["first"], **what)
    assert (row.figures["files"], row.figures["unfiled"]) == (2, 1)
    with pytest.raises(Conflict):
        assessments.assess(branches["first"], **what)
    with pytest.raises(PermissionDenied):
        assessments.confirm(row.pk, by=archivist)
    assert assessments.confirm(row.pk, by=supervisor).confirmed_by == supervisor
    told = CustodyEvent.objects.filter(link=Link.ASSESSMENT, person=wealth).order_by("pk")
    assert list(told.values_list("name", "approved_by")) == [("assessed", None), ("confirmed", supervisor.pk)]


def test_a_hold_by_its_source_is_set_and_lifted_once(filed, archivist, supervisor):
    archive = filed()
    for _n in range(2):
        holds.place_hold(archive.client_id, kind="complaint", source_key="complaint:7", reason="投诉 7")
    hold = Hold.objects.get()
    with pytest.raises(Refused):
        holds.release_by_hand(hold.pk, by=supervisor, note="x")
    holds.release_hold(source_key="complaint:7")
    holds.release_hold(source_key="complaint:7")
    assert Hold.objects.in_force().count() == 0
    assert events(archive, Link.DESTRUCTION) == ["held", "released"]
    with pytest.raises(ValueError, match="key"):
        holds.release_hold(source_key="")


def test_a_hold_by_hand_needs_a_reason_and_a_right(filed, archivist, wealth):
    archive = filed()
    with pytest.raises(Archive.DoesNotExist):
        holds.hold_by_hand(archive.pk, by=wealth, kind="dispute", reason="x")
    with pytest.raises(Refused):
        holds.hold_by_hand(archive.pk, by=archivist, kind="complaint", reason="x")
    hold = holds.hold_by_hand(archive.pk, by=archivist, kind="dispute", reason="合同纠纷")
    holds.release_by_hand(hold.pk, by=archivist, note="已和解")
    with pytest.raises(Conflict):
        holds.release_by_hand(hold.pk, by=archivist, note="再解")
