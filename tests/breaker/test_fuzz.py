"""Every address × every role × junk: whatever comes in, no answer is a fault of ours (issue 2 §6)."""

import datetime
import json
import logging
import os
import random
import zlib

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from followups.models import FollowUp, PlanItem
from referrals import actions
from referrals.rules import Destination
from rmflow.notices.models import Notice
from rmflow.staff.models import RoleHolding
from rmflow.workdays import clock

from .addresses import HUGE, filled, patterns

pytestmark = pytest.mark.django_db
ROLES = """teller lobby wealth marketing head supervisor archivist ebank region_head phone_agent
    complaint_office admin_user security_admin auditor other_wealth nobody""".split()
ADMIN_ROLES = ("admin_user", "security_admin", "teller")
SEED = os.environ.get("FUZZ_SEED", "1")  # the same junk in every run; another seed by hand

JUNK = [
    "",
    "\x00",
    "a\x00b",
    "x" * 10_000,
    "👨‍👩‍👧‍👦" * 20,
    "<script>alert(1)</script>",
    "'; DROP TABLE clients_client; --",
    "１３８００００５６７８",
    "\r\nSet-Cookie: a=b",
    "\ud800",
    "-1",
    "0",
    "9223372036854775808",
    HUGE,
    "1e999",
    "NaN",
    "٣",
    "²",
    "abc",
    "0001-01-01",
    "9999-12-31",
    "2026-13-45",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+14:00",
    "25:61",
    "{0}",
    "%(x)s",
    "//evil.example/",
    "../../etc/passwd",
    "9" * 5000,
]
DEEP = "[" * 3000 + "]" * 3000
BODIES = [
    ("application/json", ""),
    ("application/json", DEEP),
    ("application/json", '{"a": ' * 500 + "1" + "}" * 500),
    ("application/json", "[]"),
    ("application/json", "null"),
    ("application/json", '"\\ud800"'),
    ("application/json", '{"q": "\\u0000", "name": {"a": []}, "cues": {"a": 1}, "to": 1e400}'),
    ("application/json", "NaN"),
    ("application/json", b"\xff\xfe"),
    ("application/xml", "<a/>"),
    ("text/plain", "x"),
    ("multipart/form-data", "x"),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\n\xff\r\n--b--',
    ),
    ("application/x-www-form-urlencoded; charset=none", "q=%FF&q=%00"),
    ("application/x-www-form-urlencoded", "&".join(f"a{n}=1" for n in range(1200))),
    ("", "x"),
]
METHODS = ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"]
#: What the forms, filters and the API's bodies are called, each with what they want to hear.
GOOD = {
    "username": "100101", "password": "x", "code": "123456", "old": "x", "new": "Aa1-aaaaaaa", "again": "Aa1-aaaaaaa",
    "next": "/today/", "kept": "abc", "why": "idle", "in_place": "1", "language": "en", "role": "teller",
    "availability": "out", "back_at": "23:59", "employee_no": "7", "home_branch": "1", "counter": "cash",
    "email": "a@example.com", "valid_from": "2026-01-01", "valid_to": "2027-01-01",
    "end": "card", "cues": "vip_card", "business": "cash", "salutation": "madam", "name": "accept",
    "phone": "13800005678", "basis": "consent", "needs": "savings", "assets": "", "manager": "1", "manager_id": "1",
    "branch": "1", "branch_id": "1", "client": "1", "client_id": "1", "agreed_on": "2026-12-01", "agreed_at": "10:00",
    "agreed_channel": "phone", "note": "x", "place": "x", "repeat_reason": "x", "card_open": "on", "to": "1",
    "referred_at": "2026-01-01T10:00:00+08:00", "type": "ordinary", "level": "core", "reason": "x",
    "destination": "self_service", "onward": "e_channel", "coached": "1", "divert_key": "k", "idempotency_key": "k",
    "result": "appointed", "findings": "x", "todo": "x", "channel": "phone", "next_on": "2026-12-01",
    "next_at": "10:00", "next_channel": "visit", "plan_on": "2026-12-01", "at": "10:00", "purpose": "x",
    "expected": "x", "answer": "x", "go": "stay", "dial": "1", "strength": "x", "character": "x",
    "show": "all", "way": "phone", "page": "1", "page_size": "10", "sort": "name", "on": "2026-01-01", "who": "1",
    "picked": "1", "order": "1,2", "rows": "1,2", "seen": "2026-01-01T00:00:00+08:00", "listed": "x", "peek": "1",
    "period": "week", "day": "2026-01-01", "status": "referred", "reception": "waiting", "mine": "on", "referrer": "1",
    "filed_after": "2026-01-01", "filed_before": "2026-01-01", "plan_on_after": "2026-01-01", "state": "open",
    "plan_on_before": "2026-01-01", "kind": "contact", "owner": "1", "q": "5678", "v": "1-1", "newest": "1",
    "unread": "1", "employee": "1", "object_id": "1", "year": "2026", "received": "2026-02-13", "days": "7",
    "format": "json", "ordering": "name", "app_label": "staff", "model_name": "user", "field_name": "home_branch",
    "term": "x", "_popup": "1", "_to_field": "id", "o": "1", "e": "1", "p": "1", "_changelist_filters": "a",
    "is_active__exact": "1", "action": "delete_selected", "_selected_action": "1", "kind__exact": "x", "lang": "x",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of refusals with their tracebacks would cost more than the refusing."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def ids(filed, wealth, lobby, notice, security_admin):
    """Real row numbers by the beginning of the address, so that junk reaches beyond the first look-up."""
    waiting = filed(name="刘建华")
    tomorrow = clock.today() + datetime.timedelta(days=1)
    filed(end="card", name="王芳", phone="13800005678", basis="consent", agreed_on=tomorrow)
    item = PlanItem.objects.get()
    diversion = actions.divert(by=lobby, destination=Destination.values[0])
    return {
        "/referrals/": waiting.pk,
        "/desk/": diversion.pk,
        "/today/": item.pk,
        "/followups/": FollowUp.objects.get().pk,
        "/staff/": RoleHolding.objects.filter(user=wealth).get().user_id,
        "/notices/": Notice.objects.filter(recipient=wealth).first().pk,
        "/api/v1/referrals": waiting.pk,
        "/api/v1/clients": waiting.client_id,
        "/api/v1/plan-items": item.pk,
        "/admin/": wealth.pk,
    }


def faults(role, user, ids, address_of):
    """Addresses that answered 500 or worse; each gets a page, a form or something odd, by its turn."""
    browser = Client(raise_request_exception=False)
    found = []
    for turn, (pattern, _view) in enumerate(patterns()):
        if pattern.startswith("admin/") and role not in ADMIN_ROLES:
            continue
        address = address_of(pattern, ids)
        dice = random.Random(zlib.crc32(f"{SEED} {role} {address}".encode()))
        shoot = (_get, _post, _odd)[(turn + ROLES.index(role)) % 3]
        if user is not None and not _signed_in(browser):
            browser.force_login(user)
        outcome = _status(shoot, browser, address, dice)
        if outcome >= 500:
            found.append((role, shoot.__name__, address[:200], outcome))
    return found


def _signed_in(browser):
    cookie = browser.cookies.get(settings.SESSION_COOKIE_NAME)
    return bool(cookie and cookie.value)


def _status(shoot, browser, address, dice):
    """The status; what was written is taken back."""
    with transaction.atomic():
        status = shoot(browser, address, dice).status_code
        transaction.set_rollback(True)
    return status


def _words(dice):
    """Half of the fields, a third of them junk."""
    chosen = dice.sample(sorted(GOOD), len(GOOD) // 2)
    return {name: dice.choice(JUNK) if dice.random() < 0.33 else GOOD[name] for name in chosen}


def _sendable(words):
    return {name: value.encode("utf-8", "surrogatepass") for name, value in words.items()}


def _headers(dice):
    return dice.choice(
        [{}, {"HX-Request": "true"}, {"HX-Request": "true", "Idempotency-Key": dice.choice(JUNK[:5])}]
    )


def _get(browser, address, dice):
    return browser.get(address, _sendable(_words(dice)), headers=_headers(dice))


def _post(browser, address, dice):
    words = _words(dice)
    if address.startswith("/api/"):
        body = json.dumps({name: value[:9000] for name, value in words.items()})
        return browser.post(address, body, content_type="application/json", headers=_headers(dice))
    return browser.post(address, _sendable(words), headers=_headers(dice))


def _odd(browser, address, dice):
    if dice.random() < 0.3:
        return browser.generic(dice.choice(METHODS), address, b"x=1", content_type="application/json")
    kind, body = dice.choice(BODIES)
    return browser.generic(
        "POST", address, body.encode() if isinstance(body, str) else body, content_type=kind
    )


def _real(pattern, ids):
    """The address of a row that is there."""
    plain = filled(pattern, "1")
    number = next((pk for start, pk in ids.items() if plain.startswith(start)), 1)
    return filled(pattern, str(number))


def _junk(pattern, ids):
    """The same with a parameter nobody has: too large, or text where the pattern lets it through."""
    junk = [HUGE, "0", "-1", "abc", "a\x00b", "²", "%00", "x" * 3000, "9" * 5000]
    return filled(pattern, junk[zlib.crc32(pattern.encode()) % len(junk)])


@pytest.fixture
def nobody():
    return None


@pytest.mark.parametrize("role", ROLES)
def test_no_junk_makes_a_page_fail(role, request, ids):
    assert faults(role, request.getfixturevalue(role), ids, _real) == []


def test_no_strange_number_in_an_address_makes_a_page_fail(ids, wealth, admin_user):
    assert faults("wealth", wealth, ids, _junk) == []
    assert faults("admin_user", admin_user, ids, _junk) == []
