"""Who is told, how often, and by which channels."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from rmflow.notices import actions
from rmflow.notices.models import Delivery, Notice
from rmflow.staff.models import BANK_TIME


def test_everybody_is_told_once_a_key(wealth, colleague):
    for _ in range(3):
        actions.notify([wealth, colleague, wealth], "test", "News", key="a")
    actions.notify([wealth], "test", "News", key="b")
    assert Notice.objects.filter(recipient=wealth).count() == 2
    assert Notice.objects.filter(recipient=colleague).count() == 1


def test_any_number_of_people_costs_the_same_statements(hire, django_assert_num_queries):
    people = [hire(f"2{n:05}", "员工", "teller") for n in range(40)]
    with transaction.atomic():
        with django_assert_num_queries(1):
            actions.notify(people[:1], "test", "News", key="one")
        with django_assert_num_queries(1):
            actions.notify(people, "test", "News", key="many")
    assert Notice.objects.filter(key="many").count() == 40


def test_those_who_left_and_nobody_are_passed_over(wealth, colleague):
    colleague.is_active = False
    actions.notify([colleague, None], "test", "News", key="a")
    actions.notify([], "test", "News", key="b")
    assert not Notice.objects.exists()


def test_a_rolled_back_action_tells_nobody(wealth):
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.notify([wealth], "test", "News", key="a", channels=("bell", "email"))
        raise RuntimeError
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/", "//elsewhere.example", "today/", "javascript:x"]
)
def test_a_notice_leads_nowhere_outside(wealth, link):
    with pytest.raises(ValueError, match="into the house"):
        actions.notify([wealth], "test", "News", key="a", link=link)


def test_the_outbox_holds_a_row_a_channel_for_those_with_an_address(wealth, colleague, settings):
    wealth.email = "lin@bank.example"
    settings.WEBHOOK_URL = "https://im.bank.example/in"
    for _ in range(2):
        actions.notify([wealth, colleague], "test", "News", key="a", channels=("bell", "email", "webhook"))
    rows = Delivery.objects.values_list("notice__recipient__employee_no", "channel")
    assert sorted(rows) == [
        (wealth.employee_no, "email"),
        (wealth.employee_no, "webhook"),
        (colleague.employee_no, "webhook"),
    ]


def test_a_key_that_is_known_puts_nothing_more_into_the_outbox(wealth):
    wealth.email = "lin@bank.example"
    actions.notify([wealth], "test", "News", key="a")
    actions.notify([wealth], "test", "News", key="a", channels=("bell", "email"))
    assert not Delivery.objects.exists()


def test_of_many_messages_each_keeps_its_own_words_and_is_looked_at(wealth, colleague):
    shared, own = {"number": "TS-1"}, {"number": "TS-2"}
    given = [(wealth, "a", shared, "/a/"), (colleague, "a", shared, "/a/"), (wealth, "b", own, "/b/")]
    actions.notify_each(given, "test", "{number}", outside="{number}")
    rows = Notice.objects.values_list("recipient_id", "key", "params", "link")
    assert sorted(rows, key=str) == sorted([(m[0].pk, *m[1:]) for m in given], key=str)
    name = [*given, (colleague, "c", {"number": "刘女士"}, "/c/")]
    with pytest.raises(ValueError, match="may not leave"):
        actions.notify_each(name, "test", "{number}", outside="{number}")
    elsewhere = [*given, (colleague, "c", shared, "//elsewhere.example")]
    with pytest.raises(ValueError, match="into the house"):
        actions.notify_each(elsewhere, "test", "{number}", outside="{number}")


def test_without_a_webhook_address_the_outbox_stays_empty(wealth, settings):
    settings.WEBHOOK_URL = ""
    actions.notify([wealth], "test", "News", key="a", channels=("bell", "webhook"))
    assert not Delivery.objects.exists()


def test_in_the_evening_only_what_is_urgent_is_due(wealth, time_machine):
    time_machine.move_to(datetime(2026, 10, 8, 21, tzinfo=BANK_TIME), tick=False)
    wealth.email = "lin@bank.example"
    actions.notify([wealth], "test", "News", key="calm", channels=("bell", "email"))
    actions.notify([wealth], "test", "News", key="hot", channels=("bell", "email"), urgent=True)
    moments = dict(Delivery.objects.values_list("notice__key", "next_try_at"))
    assert moments["calm"] == datetime(2026, 10, 9, 9, tzinfo=BANK_TIME)
    assert moments["hot"] == datetime(2026, 10, 8, 21, tzinfo=BANK_TIME)


def test_what_waited_for_a_broker_until_the_evening_waits_for_the_morning(wealth, time_machine):
    wealth.email = "lin@bank.example"
    time_machine.move_to(datetime(2026, 10, 8, 19, 59, tzinfo=BANK_TIME), tick=False)
    actions.notify([wealth], "test", "News", key="calm", channels=("bell", "email"))
    assert Delivery.objects.due(datetime(2026, 10, 8, 19, 59, tzinfo=BANK_TIME)).exists()
    assert not Delivery.objects.due(datetime(2026, 10, 8, 20, 0, tzinfo=BANK_TIME)).exists()
    assert Delivery.objects.due(datetime(2026, 10, 9, 9, 0, tzinfo=BANK_TIME)).exists()


def test_two_processes_with_one_key_make_one_notice(transactional_db, wealth, colleague, pair):
    for person in (wealth, colleague):
        person.email = f"{person.employee_no}@bank.example"
        person.save()
    pair("notify", "same")
    assert Notice.objects.filter(key="same").count() == 2
    assert Delivery.objects.filter(notice__key="same").count() == 2


def test_reading_marks_only_ones_own(wealth, colleague):
    actions.notify([wealth, colleague], "test", "News", key="a")
    foreign = Notice.objects.get(recipient=colleague)
    with pytest.raises(Notice.DoesNotExist):
        actions.mark_read(foreign.pk, by=wealth)
    actions.mark_all_read(by=wealth, up_to=foreign.pk)
    assert not Notice.objects.visible_to(wealth).unread().exists()
    assert Notice.objects.visible_to(colleague).unread().exists()


def test_what_came_after_the_screen_stays_unread(wealth):
    actions.notify([wealth], "test", "News", key="seen")
    newest = Notice.objects.get().pk
    actions.notify([wealth], "test", "News", key="later")
    assert actions.mark_all_read(by=wealth, up_to=newest) == 1
    assert Notice.objects.unread().get().key == "later"


def test_notices_are_forgotten_after_their_time(wealth, time_machine):
    start = datetime(2026, 1, 1, 12, tzinfo=BANK_TIME)
    time_machine.move_to(start, tick=False)
    actions.notify([wealth], "test", "News", key="read")
    actions.notify([wealth], "test", "News", key="unread")
    Notice.objects.filter(key="read").update(read_at=start)

    def forgotten(days):
        return {notice.key for notice in Notice.objects.old(start + timedelta(days=days))}

    assert forgotten(90) == set()
    assert forgotten(91) == {"read"}
    assert forgotten(181) == {"read", "unread"}
