"""The watch: each step once, recused persons skipped, in order, whoever ticks and however late."""

import datetime
import multiprocessing
import os
import signal

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints import tasks
from complaints.actions import complaint_hand as hand
from complaints.actions import complaint_recount, complaint_take, complaint_watch
from complaints.actions import complaint_reply as replies
from complaints.models import Complaint, ComplaintEvent, ComplaintRecount, LadderStep
from complaints.stats.recounts import recounts
from followups.models import PlanItem
from rmflow.doors.models import JobRun
from rmflow.notices.models import Delivery, Notice
from rmflow.staff.models import User
from rmflow.staff.permissions import Role
from rmflow.workdays import clock, current
from rmflow.workdays.models import CalendarDay
from tests.race import together

from .conftest import at, fresh, intake

pytestmark = pytest.mark.django_db

# Taken Friday 13 February at 10:00, due Wednesday the 25th 17:30. Working time: 7.5 h on the 13th,
# 9 h on the 14th (班), 9 h on the 24th and on the 25th: 34.5 h, of which half are used on the 24th at 09:15.
HALF, MOST = "2026-02-24 09:15", "2026-02-25 10:36"
MORNING, DUE = "2026-02-25 08:30", "2026-02-25 17:30"


def tick(moment):
    with time_machine.travel(at(moment), tick=False):
        return complaint_watch.tick(now=clock.now())


def told(step):
    """Names told of a step, from its event."""
    return sorted(ComplaintEvent.objects.get(data__step=step).data["told"])


def test_the_steps_fall_in_working_time(made):
    steps = {row.step: row.at for row in LadderStep.objects.filter(complaint=made)}
    assert steps == {"half": at(HALF), "day": at(MORNING), "most": at(MOST), "due": at(DUE)}


def test_each_step_goes_to_its_rung_once(made, lobby, head, complaint_office):
    Notice.objects.all().delete()
    assert tick("2026-02-24 09:14") == {"steps": 0, "told": 0}
    assert tick(HALF)["steps"] == 1
    assert told("half") == ["周敏"]
    assert tick(MORNING)["steps"] == 1
    assert tick(MOST)["steps"] == 1
    assert told("most") == ["周敏", "罗涛"]
    assert tick(DUE)["steps"] == 1
    assert told("due") == ["周敏", "王志强", "罗涛"]
    assert tick("2026-03-10 09:00") == {"steps": 0, "told": 0}
    assert Notice.objects.filter(recipient=complaint_office).count() == 1
    assert ComplaintEvent.objects.filter(name="escalate").count() == 1


def test_three_days_missed_are_caught_up_in_order_once(made, lobby, complaint_office, head):
    assert tick("2026-02-28 09:00")["steps"] == 4
    steps = [
        e.data["step"] for e in ComplaintEvent.objects.filter(name__in=("warn", "escalate")).order_by("pk")
    ]
    assert steps == ["half", "day", "most", "due"]
    assert tick("2026-02-28 09:05")["steps"] == 0


def test_recused_persons_hear_nothing_and_the_next_rung_is_told(
    made, lobby, head, region_head, complaint_office
):
    hand.name_person(made.pk, by=complaint_office, person_id=head.pk)
    Notice.objects.all().delete()
    tick("2026-02-28 09:00")
    heard = set(Notice.objects.values_list("recipient__name", flat=True))
    assert heard == {region_head.name, complaint_office.name}


def test_a_recused_lobby_manager_is_skipped_and_the_head_told_instead(
    friday, taken, teller, lobby, head, wealth, complaint_office
):
    made = taken(by=teller, named=[lobby.pk])
    hand.assign(made.pk, by=head, handler_id=wealth.pk)
    Notice.objects.all().delete()
    tick(HALF)
    assert set(Notice.objects.values_list("recipient__name", flat=True)) == {wealth.name, head.name}


def heard(step):
    """Who was told of `step` of which complaint, by the bell."""
    found = {}
    for key, name in Notice.objects.filter(key__contains=f":{step}:").values_list("key", "recipient__name"):
        found.setdefault(int(key.split(":")[1]), set()).add(name)
    return found


def test_one_recusal_among_many_alike_concerns_that_complaint_alone(
    friday, taken, teller, lobby, head, complaint_office, hire
):
    second = hire("100999", "苏颖", Role.LOBBY_MANAGER)
    made = [taken(by=teller) for _n in range(7)]
    Complaint.objects.update(handler=lobby)
    first, middle = made[0], made[3]  # one before the others, one among them; the handler is the same
    for apart, person in ((first, second), (middle, second)):
        hand.name_person(apart.pk, by=complaint_office, person_id=person.pk)
    Notice.objects.all().delete()
    assert tick(HALF) == {"steps": 7, "told": 12}
    usual = {one.pk: {lobby.name, second.name} for one in made}
    assert heard("half") == {**usual, first.pk: {lobby.name}, middle.pk: {lobby.name}}
    kept = LadderStep.objects.get(complaint=middle, step="half").told
    assert [(told["id"], told["role"]) for told in kept] == [(lobby.pk, "handler")]


def test_handlers_and_complaints_against_a_head_are_told_apart_in_one_branch(
    friday, taken, teller, lobby, head, region_head, complaint_office, wealth
):
    usual, other, against = (taken(by=teller) for _n in range(3))
    hand.assign(other.pk, by=head, handler_id=wealth.pk)
    Complaint.objects.filter(pk=against.pk).update(
        upper=True
    )  # as when it is against the head, without recusal
    Notice.objects.all().delete()
    tick(MOST)
    assert heard("most") == {
        usual.pk: {lobby.name, head.name},
        other.pk: {wealth.name, lobby.name, head.name},
        against.pk: {lobby.name, region_head.name},
    }


def test_steps_of_one_tick_are_told_each_to_its_own_rung(
    friday, taken, teller, lobby, head, complaint_office
):
    made = [taken(by=teller) for _n in range(3)]
    Notice.objects.all().delete()
    assert tick("2026-02-28 09:00")["steps"] == 12
    ids = [one.pk for one in made]
    assert heard("half") == {pk: {lobby.name} for pk in ids}
    assert heard("day") == {pk: {lobby.name, head.name} for pk in ids}
    assert heard("due") == {pk: {lobby.name, head.name, complaint_office.name} for pk in ids}


def test_of_what_is_answered_meanwhile_the_step_is_marked_and_nobody_told(friday, made, taken, teller, lobby):
    LadderStep.objects.filter(step="half").update(at=at("2026-02-13 11:00"))
    Complaint.objects.filter(pk=made.pk).update(status="suspended")
    other = taken(by=teller)
    LadderStep.objects.filter(complaint=other, step="half").update(at=at("2026-02-13 11:00"))
    Notice.objects.all().delete()
    assert tick("2026-02-13 12:00") == {"steps": 1, "told": 1}
    assert heard("half") == {other.pk: {lobby.name}}
    marked = LadderStep.objects.get(complaint=made, step="half")
    assert (marked.fired_at, marked.told) == (at("2026-02-13 12:00"), [])


def test_more_steps_than_one_transaction_takes_are_all_sent(friday, taken, teller, monkeypatch, head):
    monkeypatch.setattr(complaint_watch, "AT_ONCE", 2)
    for _n in range(5):
        taken(by=teller)
    assert tick(HALF) == {"steps": 5, "told": 5}
    assert tick(HALF) == {"steps": 0, "told": 0}


def test_a_handler_who_has_left_is_skipped(made, lobby, head, complaint_office):
    User.objects.filter(pk=lobby.pk).update(is_active=False)
    tick(HALF)
    assert told("half") == ["罗涛"]


def test_the_next_morning_his_complaints_find_another_handler(made, lobby, head, hire):
    second = hire("100999", "苏颖", Role.LOBBY_MANAGER)
    User.objects.filter(pk=lobby.pk).update(is_active=False)
    assert hand.reassign_left() == {"complaints": 1}
    assert hand.reassign_left() == {"complaints": 0}
    now = fresh(made)
    assert (now.handler, now.status, now.due_on) == (second, "working", made.due_on)
    assert PlanItem.objects.open().get(kind="complaint").owner == second
    User.objects.filter(pk=second.pk).update(is_active=False)
    hand.reassign_left()
    assert (fresh(made).handler, fresh(made).status) == (None, "taken")
    assert Notice.objects.filter(recipient=head, text__contains="another handler").exists()


def test_answered_in_time_nobody_is_told(friday, made, lobby):
    friday("2026-02-24 09:00")
    replies.reply(made.pk, by=lobby, way="phone", text="x", basis="x", finding="rejected")
    assert tick("2026-03-10 09:00")["steps"] == 0


def test_notices_carry_the_number_and_no_text(made, lobby):
    User.objects.filter(pk=lobby.pk).update(email="a@bank.example")
    tick(HALF)
    notice = Notice.objects.filter(recipient=lobby, text__contains="half").get()
    assert notice.params == {"number": made.number, "day": {"on": "2026-02-25"}}
    assert Delivery.objects.filter(notice=notice, channel="email").exists()


def test_a_tick_with_nothing_due_is_one_question(made):
    with CaptureQueriesContext(connection) as queries:
        complaint_watch.tick(now=at("2026-02-13 10:05"))
    assert len([q for q in queries if "ladderstep" in q["sql"]]) == 1
    assert len(queries) <= 3  # its savepoint beside it


def test_the_number_of_queries_does_not_grow_with_the_complaints(friday, taken, teller, head):
    counts = []
    for more in (2, 15):
        for _n in range(more):
            taken(by=teller)
        LadderStep.objects.filter(fired_at__isnull=True, step="half").update(at=at("2026-02-13 11:00"))
        with CaptureQueriesContext(connection) as queries:
            assert complaint_watch.tick(now=at("2026-02-13 12:00"))["steps"] == more
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_extended_the_warnings_count_for_the_new_deadline(friday, made, lobby, complaint_office):
    from complaints.actions import complaint_deadline as deadline

    tick("2026-02-25 09:00")  # half and the morning have gone out
    friday("2026-02-25 09:30")
    asked = deadline.ask_extension(made.pk, by=lobby, reason="x")
    deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=True, note="同意")
    ahead = list(
        LadderStep.objects.filter(fired_at__isnull=True).order_by("at").values_list("step", flat=True)
    )
    assert ahead == ["half", "most", "day", "due"]  # half of 61.5 hours: today 13:45
    assert tick("2026-02-25 09:31")["steps"] == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_escalate_once(lobby, head, complaint_office):
    made = complaint_take.take(intake(), by=lobby)
    LadderStep.objects.filter(complaint=made).update(at=clock.now())
    outcomes = together(*[lambda: complaint_watch.tick(now=clock.now())["steps"]] * 2)
    assert [name for name, _text in outcomes] == ["done", "done"]
    assert sum(int(text) for _name, text in outcomes) == 4  # one takes all, or they share them
    assert sorted(e.data["step"] for e in ComplaintEvent.objects.filter(name__in=("warn", "escalate"))) == [
        "day", "due", "half", "most",
    ]  # fmt: skip
    assert ComplaintEvent.objects.filter(name="escalate").count() == 1
    assert Notice.objects.filter(recipient=complaint_office).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_watches_and_leaves_its_trace(celery_worker_process, eventually, lobby, head):
    made = complaint_take.take(intake(), by=lobby)
    LadderStep.objects.filter(complaint=made, step="half").update(at=clock.now())
    tasks.watch.delay()
    eventually(lambda: LadderStep.objects.filter(complaint=made, fired_at__isnull=False).exists())
    tasks.watch.delay()
    tasks.recount.delay()
    tasks.reassign.delay()
    eventually(lambda: sum(run.runs for run in JobRun.objects.filter(ok=True)) >= 4)
    assert ComplaintEvent.objects.filter(name="warn").count() == 1


# -- a changed calendar -----------------------------------------------------------------------------


@pytest.fixture
def change(admin_user):
    """A function that takes a day off (or makes it work again) by hand, with its record of the change."""
    from rmflow.workdays.models import CalendarChange

    def make(day, kind="off"):
        row = {"kind": kind, "label": "临时放假", "year_id": day.year}
        CalendarDay.objects.update_or_create(date=day, defaults=row)
        current.forget()
        return CalendarChange.objects.create(
            year=day.year, by=admin_user, state_before="official", state_after="official"
        )

    yield make
    current.forget()


def recount():
    return complaint_recount.recount(calendar=current.load())


def test_a_day_taken_off_moves_the_open_deadline_and_keeps_before_and_after(made, lobby, change, admin_user):
    change(datetime.date(2026, 2, 24))
    assert recount() == {"changes": 1, "moved": 1}
    now = fresh(made)
    assert (now.due_on, now.due_at) == (datetime.date(2026, 2, 26), at("2026-02-26 17:30"))
    event = now.events.get(name="recount")
    assert (event.due_from, event.due_to) == (datetime.date(2026, 2, 25), datetime.date(2026, 2, 26))
    assert PlanItem.objects.open().get(kind="complaint").plan_on == datetime.date(2026, 2, 26)
    assert Notice.objects.get(recipient=lobby, kind="calendar").params == {"year": 2026, "moved": 1}
    assert Notice.objects.filter(recipient=admin_user, kind="calendar").count() == 1
    assert LadderStep.objects.get(step="due", fired_at__isnull=True).at == now.due_at


def test_a_second_run_and_what_is_answered_change_nothing(friday, made, taken, lobby, change):
    answered = taken()
    replies.reply(answered.pk, by=lobby, way="phone", text="x", basis="x", finding="rejected")
    change(datetime.date(2026, 2, 24))
    assert recount()["moved"] == 1
    assert recount() == {"changes": 0, "moved": 0}
    assert fresh(answered).due_on == datetime.date(2026, 2, 25)


def test_nobody_is_late_by_decree(friday, made, change):
    friday("2026-02-25 12:00")
    change(datetime.date(2026, 2, 21), "work")
    assert recount()["moved"] == 0
    assert fresh(made).due_on == datetime.date(2026, 2, 25)


def test_after_a_decree_nobody_is_told_before_the_deadline_that_stands(
    friday, made, change, lobby, head, complaint_office
):
    friday("2026-02-25 12:00")
    tick("2026-02-25 12:00")
    change(datetime.date(2026, 2, 21), "work")
    recount()
    assert LadderStep.objects.get(step="due", fired_at__isnull=True).at == at(DUE)
    assert "due" not in {event.data["step"] for event in ComplaintEvent.objects.filter(data__has_key="step")}
    tick("2026-02-25 17:29")
    assert not ComplaintEvent.objects.filter(name="escalate").exists()
    tick(DUE)
    assert told("due") == ["周敏", "王志强", "罗涛"]


@pytest.mark.parametrize("moment", ["2026-02-25 12:00", "2026-02-26 09:00"])
def test_a_later_count_keeps_the_deadline_a_decree_did_not_move(
    friday, made, change, lobby, complaint_office, moment
):
    from complaints.actions import complaint_deadline as deadline

    friday("2026-02-25 11:00")
    change(datetime.date(2026, 2, 21), "work")
    recount()
    friday(moment)
    deadline.make_complex(made.pk, by=complaint_office, note="需外部核实")
    now = fresh(made)
    assert (now.due_on, now.due_at) == (datetime.date(2026, 2, 25), at(DUE))


def test_new_facts_count_anew_whatever_day_stood_before(friday, made, change, lobby, head):
    from complaints.actions import complaint_deadline as deadline
    from complaints.actions import complaint_work as work

    Complaint.objects.filter(pk=made.pk).update(extended=True)
    deadline.core.count(fresh(made))
    friday("2026-02-27 09:00")
    work.restart(made.pk, by=head, facts="x", at=at("2026-02-14 09:00"))
    assert fresh(made).due_on == datetime.date(2026, 2, 26)


def test_a_provisional_year_is_recomputed_when_its_notice_is_loaded(friday, taken, admin_user):
    friday("2026-12-31 10:00")
    made = taken()
    assert made.provisional_year == 2027
    from rmflow.workdays.models import CalendarChange, CalendarYear

    CalendarYear.objects.filter(year=2027).update(state="official", notice_no="国办发明电〔2026〕7号")
    CalendarDay.objects.update_or_create(
        date=datetime.date(2027, 1, 4), defaults={"kind": "off", "label": "元旦", "year_id": 2027}
    )
    CalendarChange.objects.create(
        year=2027, by=admin_user, state_before="provisional", state_after="official"
    )
    before = made.due_on
    assert recount()["moved"] == 1
    now = fresh(made)
    assert now.provisional_year is None
    assert now.due_on > before
    current.forget()


def test_the_number_of_queries_of_a_recount_does_not_grow(friday, taken, teller, change, head):
    counts = []
    for more, day in ((2, 24), (12, 25)):
        for _n in range(more):
            taken(by=teller)
        change(datetime.date(2026, 2, day))
        with CaptureQueriesContext(connection) as queries:
            assert recount()["moved"] >= more
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_recount_once(lobby, head, admin_user, change):
    made = complaint_take.take(intake(), by=lobby)
    change(made.due_on)
    together(lambda: str(recount()), lambda: str(recount()))
    assert ComplaintRecount.objects.count() == 1
    assert ComplaintEvent.objects.filter(name="recount").count() == 1
    assert Complaint.objects.get().due_on > made.due_on


# -- how far a recount is ---------------------------------------------------------------------------


def state():
    found = recounts(now=clock.now())[0]
    return found["state"], found["done"], found["total"], found["moved"]


@pytest.mark.django_db(transaction=True)
def test_a_recount_says_how_far_it_is_and_then_that_it_is_done(friday, taken, teller, change, monkeypatch):
    for _n in range(5):
        taken(by=teller)
    monkeypatch.setattr(complaint_recount, "AT_ONCE", 2)
    change(datetime.date(2026, 2, 24))
    assert state() == ("waits", 0, 0, 0)
    seen = []

    def watch(pk, done, total):
        complaint_recount.note(pk, done, total)
        cache.clear()  # a Valkey that is lost takes nothing of it along
        seen.append(state())

    complaint_recount.recount(calendar=current.load(), progress=watch)
    assert seen == [("runs", done, 5, 0) for done in (0, 2, 4, 5)]
    assert state() == ("done", 5, 5, 5)


def killed_at_two(pk, done, total):
    complaint_recount.note(pk, done, total)
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_leaves_nothing_half_done_and_the_next_run_begins_anew(
    lobby, head, teller, change, monkeypatch
):
    monkeypatch.setattr(complaint_recount, "AT_ONCE", 2)
    for _n in range(3):
        made = complaint_take.take(intake(), by=teller)
    change(made.due_on)
    fork = multiprocessing.get_context("fork")
    how = {"calendar": current.load(), "progress": killed_at_two}
    worker = fork.Process(target=complaint_recount.recount, kwargs=how)
    connection.close()
    worker.start()
    worker.join(30)
    assert worker.exitcode == -signal.SIGKILL
    assert state() == ("runs", 2, 3, 0)
    assert not ComplaintRecount.objects.filter(at__isnull=False).exists()
    assert set(Complaint.objects.values_list("due_on", flat=True)) == {made.due_on}
    later = clock.now() + datetime.timedelta(seconds=61)
    assert recounts(now=later)[0]["state"] == "stopped"
    assert recount() == {"changes": 1, "moved": 3}
    assert state() == ("done", 3, 3, 3)


def test_the_page_of_jobs_follows_a_recount(client, friday, made, change, admin_user):
    row = change(datetime.date(2026, 2, 24))
    client.force_login(admin_user)
    noted = {"checked": 12_000, "total": 20_000, "noted_at": clock.now()}
    ComplaintRecount.objects.create(change=row, **noted)
    page = client.get("/jobs/").content.decode()
    assert "12,000 / 20,000" in page
    assert 'hx-get="/jobs/calendar/"' in page
    friday("2026-02-13 10:02")
    assert "中断" in client.get("/jobs/calendar/").content.decode()
    recount()
    piece = client.get("/jobs/calendar/").content.decode()
    assert "已重算 1 件未办结投诉，1 件期限变动" in piece
    assert "hx-get" not in piece
