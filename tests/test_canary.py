"""Proof 1: one person's phone and ID number turn up nowhere but where the manager opens them.

The person goes through the real doors: filed at the desk, followed up, contacted, given an ID, shown
once for a purpose, searched for, judged. Then everything that left the code is read: every page and
API answer of every role, notices, e-mails, logs, Valkey, queue, and each table as text.
"""

import contextlib
import datetime
import io
import logging
import os

import pytest
import redis
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from clients import actions as clients
from clients.models import Client
from complaints.models import Complaint
from followups.actions import reminders
from followups.models import PlanItem
from referrals.models import Referral
from rmflow.notices import outbox
from rmflow.notices.models import Notice
from rmflow.privacy.models import AccessEvent
from rmflow.staff.models import User
from rmflow.workdays import clock, current

from .access_rows import ACCESS, MORE, QUERY
from .privacy.canary import CANARY, assert_absent

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = [
    *("teller", "lobby", "wealth", "colleague", "marketing", "head", "supervisor", "archivist", "ebank"),
    *("region_head", "phone_agent", "complaint_office", "admin_user", "security_admin", "auditor"),
    *("other_lobby", "other_wealth"),
]
HTMX = {"headers": {"HX-Request": "true"}}
OWN_SHEET = "followups:item"


class Bystander(logging.Handler):
    """Everything that is logged, with its arguments and tracebacks."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.text = io.StringIO()
        self.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))

    def emit(self, record):
        self.text.write(self.format(record) + repr(record.__dict__) + "\n")


@pytest.fixture
def logs():
    """Every log line of the test, down to the SQL statements' level of detail."""
    handler, root = Bystander(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler.text
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def cast(request, branches):
    """One person of each role, with an address for e-mails."""
    people = {name: request.getfixturevalue(name) for name in ROLES}
    for person in people.values():
        User.objects.filter(pk=person.pk).update(email=f"{person.employee_no}@bank.example")
    return {name: User.objects.get(pk=person.pk) for name, person in people.items()}


def browser(user):
    """A browser with the user logged in; errors answer as in production."""
    made = Browser(raise_request_exception=False)
    made.force_login(user)
    return made


@pytest.fixture
def story(cast, notice, card):
    """The person's way through the bank, by the doors; returns the browser of her manager."""
    from referrals import actions as referrals

    lobby, wealth = browser(cast["lobby"]), browser(cast["wealth"])
    handed_out = {
        "cues": ["vip_card"],
        "name": CANARY.name,
        "salutation": "madam",
        "phone": CANARY.phone,
        "id_number": CANARY.id_number,
        "basis": "on",
        "end": "card",
        "card_open": "on",
        "agreed_on": clock.today(),
        "agreed_at": "10:00",
        "agreed_channel": "phone",
        "manager": cast["wealth"].pk,
        "idempotency_key": "canary-1",
    }
    numbers = {"phone": CANARY.phone, "id_number": CANARY.id_number}
    assert lobby.post("/desk/repeat/", numbers, **HTMX).status_code == 200
    asked = lobby.post("/api/v1/referrals/repeat-check/", numbers, content_type="application/json")
    assert asked.status_code == 200
    assert lobby.post("/desk/file/", handed_out, **HTMX).status_code == 200
    assert lobby.post("/desk/file/", handed_out, **HTMX).status_code == 200  # the same answer again
    lobby.post("/desk/file/", {**handed_out, "cues": [], "idempotency_key": "canary-2"}, **HTMX)
    person, item = Client.objects.get(), PlanItem.objects.get()
    clients.assign(person.pk, owner=cast["wealth"], by=cast["head"])
    clients.change_identity(person.pk, by=cast["wealth"], kind="", number=CANARY.id_number)
    clients.change(person.pk, by=cast["wealth"], address=CANARY.address)
    body = {"result": "call_back", "channel": "phone", "next_on": clock.today() + datetime.timedelta(days=1)}
    body |= {"next_way": "phone", "next_channel": "phone", "idempotency_key": "canary-3", "findings": "回电"}
    wealth.post(f"/today/{item.pk}/record/", body, **HTMX)
    for door in (wealth, browser(cast["complaint_office"]), browser(cast["phone_agent"])):
        door.post("/search/", {"q": CANARY.phone}, **HTMX)
        door.post("/search/", {"q": CANARY.id_number}, **HTMX)
        door.post("/api/v1/clients/search/", {"q": CANARY.phone}, content_type="application/json")
    referrals.file(
        card(client_id=person.pk, manager_id=cast["wealth"].pk, repeat_reason="再来"), by=cast["lobby"]
    )
    complaint = {"way": "counter", "title": "到账晚了", "request": "说明原因", "name": CANARY.name}
    complaint |= {"phone": CANARY.phone, "id_number": CANARY.id_number, "level": "normal", "people": 1}
    assert lobby.post("/complaints/new/", complaint).status_code == 303
    Browser().post("/login/", {"username": cast["teller"].employee_no, "password": CANARY.id_number})
    expired = Browser(raise_request_exception=False)
    expired.post("/desk/file/", handed_out)
    reminders.remind_morning(today=clock.today(), calendar=current.calendar())
    outbox.deliver()
    return wealth


def pages(name, things):
    """The addresses under one name: with each thing of the story, the bare one, a filter or two."""
    row = ACCESS[name]["GET"]
    if row.thing in ("client", "slip", "card", "record", "item", "notice", "complaint"):
        for thing in things[row.thing]:
            yield reverse(name, args=[thing.pk, *MORE.get(name, [])]) + QUERY.get(name, "")
    elif not row.thing:
        yield reverse(name)


def test_nothing_but_the_opened_sheet_shows_the_number(story, cast, logs):
    person = Client.objects.get()
    items = list(PlanItem.objects.all())
    things = {
        "client": [person],
        "slip": list(Referral.objects.all()),
        "card": [],
        "record": list(person.follow_ups.all()),
        "item": items,
        "notice": list(Notice.objects.all()),
        "complaint": list(Complaint.objects.all()),
    }
    names = [name for name, methods in ACCESS.items() if "GET" in methods and not methods["GET"].public]
    seen = 0
    for role, user in cast.items():
        door = browser(user)
        for name in names:
            if name == OWN_SHEET and role == "wealth":
                continue
            for page in pages(name, things):
                answer = door.get(page, follow=False)
                assert answer.status_code < 500, (role, page)
                assert_absent(answer.content, answer.headers, where=f"{page} of {role}")
                seen += answer.status_code == 200
    assert seen > 300
    assert_absent(logs.getvalue(), where="the logs")
    look_into_stores()


def test_the_owners_due_sheet_and_a_reveal_show_it_and_are_on_record(story, cast):
    person = Client.objects.get()
    item = PlanItem.objects.filter(owner=cast["wealth"], state="open").order_by("plan_on").first()
    PlanItem.objects.filter(pk=item.pk).update(plan_on=clock.today())
    before = AccessEvent.objects.filter(kind__in=("view", "reveal"), fields__contains=["phone"]).count()
    sheet = story.get(f"/today/{item.pk}/").content.decode()
    assert CANARY.phone in sheet.replace(" ", "")
    address = f"/clients/{person.pk}/reveal/?field=id_number"
    shown = story.post(address, {"purpose": "identify"}).content.decode()
    assert CANARY.id_number in shown.replace(" ", "")
    after = AccessEvent.objects.filter(kind__in=("view", "reveal"), fields__contains=["phone"]).count()
    assert after == before + 1
    assert AccessEvent.objects.filter(kind="reveal", fields__contains=["id_number"]).count() == 1
    for stranger in ("colleague", "lobby", "teller", "auditor", "admin_user", "other_wealth"):
        refused = browser(cast[stranger]).post(address, {"purpose": "identify"})
        assert refused.status_code in (403, 404)
        assert_absent(refused.content, where=stranger)
    look_into_stores()


def look_into_stores():
    """Notices, e-mails, Valkey, queue and every table."""
    for notice in Notice.objects.all():
        assert_absent(notice.sentence, str(notice.params), where="a notice")
    for message in mail.outbox:
        assert_absent(message.message().as_bytes(), message.body, message.subject, where="an e-mail")
    assert_absent(*valkey(), where="Valkey")
    for table, text in tables():
        assert_absent(text, where=f"the table {table}")


def valkey():
    """Every key and value, of the queue's database and the cache's."""
    url = os.environ["REDIS_URL"].split("?")[0]
    for number in range(16):
        with contextlib.closing(redis.Redis.from_url(f"{url}?db={number}")) as store:
            for key in store.scan_iter():
                yield key
                yield value(store, key)


def value(store, key):
    kind = store.type(key)
    if kind == b"string":
        return store.get(key) or b""
    if kind == b"list":
        return b"\n".join(store.lrange(key, 0, -1))
    if kind == b"hash":
        return repr(store.hgetall(key))
    if kind == b"set":
        return repr(store.smembers(key))
    return repr(store.zrange(key, 0, -1, withscores=True))


def tables():
    """(table, its rows as COPY writes them) of the whole database; sessions are opened."""
    from django.contrib.sessions.models import Session

    with connection.cursor() as cursor:
        # a partitioned table holds nothing itself: its partitions are tables of their own here
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        for (table,) in cursor.fetchall():
            out = io.BytesIO()
            cursor.copy_expert(f'COPY "{table}" TO STDOUT', out)
            yield table, out.getvalue()
    for session in Session.objects.all():
        yield "django_session, opened", repr(session.get_decoded())
