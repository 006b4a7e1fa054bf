"""A wealth manager works the day's list, client after client, at a desk and on a phone.

Each contact is a result, a few words and the next step; the next sheet opens by itself. Meanwhile the lobby
goes on: the bell rings and nothing typed is lost. What was done is read where others look for it.
"""

import datetime
import re

import pytest
from django.utils import translation
from playwright.sync_api import expect

from followups.models import PlanItem
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workdays.rules import day_text
from tests.browser.words import say

pytestmark = pytest.mark.django_db(transaction=True)

LIVE = 5000  # milliseconds from the action to the screen (house: bell)
NAMES = ("陈美华", "王建国", "李秀英")
NOTE = "他行有一笔理财十二月到期"


@pytest.fixture(autouse=True)
def chinese():
    """What is filed here is written in the language the screens are read in."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def day(filed):
    """Three cards handed out, agreed for 08:30, 09:30 and 10:30 of this day."""
    soon = clock.today() + datetime.timedelta(days=1)
    for number, name in enumerate(NAMES):
        phone = f"1390857{number:04}"
        slip = filed(name=name, end="card", phone=phone, basis="consent", agreed_on=soon, cues=["forex"])
        PlanItem.objects.filter(client=slip.client).update(
            plan_on=clock.today(), at=datetime.time(8 + number, 30), channel="phone"
        )


@pytest.fixture
def run(screen_of, day, wealth):
    """The list of the day, open on either screen."""
    page = screen_of(wealth)
    expect(page.locator("#today-list [data-row]")).to_have_count(len(NAMES))
    if not is_phone(page):
        sheet(page, NAMES[0])  # opens by itself
    return page


def is_phone(page):
    return page.viewport_size["width"] < 900


def row(page, name):
    return page.locator("#today-list [data-row]").filter(has_text=name)


def sheet(page, name):
    """The client's sheet, once it is that of `name`; on a phone it stands under the row, which says the name."""
    expect(row(page, name)).to_have_attribute("aria-current", "true")
    shown = page.get_by_role("region", name=say("Client's sheet"))
    expect(shown.get_by_role("heading", name=name, include_hidden=True)).to_be_attached()
    return shown


def begin(page):
    """Open the first client; the phone number shows that it is no longer the glance a desk gives unasked."""
    row(page, NAMES[0]).click()
    expect(sheet(page, NAMES[0]).locator("a[href^='tel:']").first).to_be_attached()


def choose(page, result):
    page.locator("#results").get_by_label(re.compile(f"^{say(result)}")).click()


def note(page, text):
    """A few words about the contact; on a phone the field opens first."""
    if is_phone(page):
        page.get_by_role("button", name=say("Write down what was said")).click()
    page.get_by_label(say("Needs and information")).fill(text)


def save(page):
    page.get_by_role("button", name=re.compile(say("Save and next"))).click()


def test_the_day_is_worked_off_client_after_client(run, wealth):
    tomorrow = calendar().add(clock.today(), 1)
    begin(run)
    choose(run, "Considering")
    note(run, NOTE)
    if is_phone(run):
        run.get_by_role("button", name=say("Change the day")).click()
    run.get_by_label(say("Pick a day")).fill(tomorrow.isoformat())
    run.get_by_label(say("Hour"), exact=True).fill("15:00")
    save(run)

    sheet(run, NAMES[1])  # by itself
    expect(row(run, NAMES[0]).filter(has_text=say("Considering"))).to_be_visible()
    choose(run, "No answer")
    save(run)
    sheet(run, NAMES[2])
    choose(run, "Refused")
    save(run)
    expect(run.get_by_text(say("All contacts of today are done"))).to_be_visible()
    expect(run.locator("#rail-count-today")).to_be_empty()
    expect(run.locator("#tab-count-today")).to_be_empty()

    run.goto("/today/")
    planned = row(run, NAMES[0]).filter(has_text="15:00")
    expect(planned).to_contain_text(day_text(tomorrow, clock.today()) if not is_phone(run) else NAMES[0])
    if is_phone(run):
        planned.click()  # at a desk it opens by itself
    expect(run.get_by_role("region", name=say("Client's sheet"))).to_contain_text(NOTE)
    run.goto("/worklog/")
    for name, result in zip(NAMES, ("Considering", "No answer", "Refused"), strict=True):
        done = run.get_by_role("listitem").filter(has_text=name).filter(has_text=say(result))
        expect(done.first).to_be_visible()


def test_a_result_that_owes_a_next_step_keeps_what_was_typed_until_it_has_one(run):
    begin(run)
    choose(run, "Interested")
    note(run, NOTE)
    if is_phone(run):
        run.get_by_role("button", name=say("Change the day")).click()
    run.get_by_label(say("Pick a day")).fill("")
    save(run)
    expect(run.locator("#id_next_on_error, .field-error").first).to_be_visible()
    expect(run.get_by_label(say("Needs and information"))).to_have_value(NOTE)
    run.errors.clear()  # the 422
    run.get_by_label(say("Pick a day")).fill(calendar().add(clock.today(), 1).isoformat())
    save(run)
    sheet(run, NAMES[1])


def test_the_bell_rings_in_the_middle_of_a_note_and_the_note_stays(run, filed):
    begin(run)
    choose(run, "Considering")
    note(run, NOTE)
    filed(name="赵")
    alert = run.get_by_text(say("%(client)s waits in the lobby", client="赵女士"), exact=True)
    expect(alert).to_be_visible(timeout=LIVE)
    expect(run.locator(".bell-count")).not_to_be_empty(timeout=LIVE)
    expect(run.get_by_label(say("Needs and information"))).to_have_value(NOTE)
    save(run)
    sheet(run, NAMES[1])
    expect(alert).to_be_visible()


def test_a_plan_is_made_for_a_client_and_stands_on_the_list(run):
    run.get_by_role("link", name=re.compile(say("New plan"))).locator("visible=true").first.click()
    run.get_by_label(say("Objective")).fill("送新版理财手册")
    run.get_by_role("textbox", name=say("Client") + say("optional")).fill("王建")
    run.get_by_role("radio", name=re.compile(NAMES[1])).check(force=True)
    run.get_by_label(say("Day", "date"), exact=True).fill(calendar().add(clock.today(), 1).isoformat())
    run.get_by_role("button", name=say("Put on the plan")).click()
    expect(run.locator("#toasts")).to_contain_text(say("Planned for {day}").split("{")[0].strip())
    expect(row(run, NAMES[1]).filter(has_text="送新版理财手册")).to_be_visible()
