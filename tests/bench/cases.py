"""The jobs of the bench: each returns our measure, what it is held against, and the bound."""

import re
import statistics
import time
import uuid

from django.db import connection

from . import data, load

ROUNDS, SECONDS = 3, 4
PEOPLE = 4
VERSION = re.compile(r'data-version="([^"]*)"')


def numbers(prefix, count=PEOPLE):
    """Login numbers of `count` people in as many branches."""
    return [f"{prefix}B{n:03d}" for n in range(1, count + 1)]


def alternate(ours, bare):
    """Measure the two in turn, `ROUNDS` times; returns the ratios of throughput and both medians."""
    ratios, mine, theirs = [], [], []
    for _i in range(ROUNDS):
        a, _m = load.throughput(ours, SECONDS)
        b, _m = load.throughput(bare, SECONDS)
        ratios.append(a / b)
        mine.append(a)
        theirs.append(b)
    return ratios, statistics.median(mine), statistics.median(theirs)


def member(port, login_port, number, prepare):
    """A function that logs one person in and returns the step to repeat."""

    def make():
        person = load.Person(login_port)
        person.log_in(number, data.PASSWORD)
        browser = load.Person(port, dict(person.cookies), person.token)
        return prepare(browser)

    return make


def getting(path, expected=200, headers=None):
    def prepare(browser):
        def step():
            status, _text = browser.ask("GET", path, headers=headers)
            if status != expected:
                raise RuntimeError(f"{path} answered {status}.")

        return step

    return prepare


def filing_as(number):
    """File a referral by the desk's form, a fresh key each time."""

    def prepare(browser):
        from rmflow.staff.models import User

        manager = User.objects.get(employee_no=number.replace("L", "W0")).pk
        connection.close()
        browser.read_token("/desk/")

        def step():
            body = {
                "end": "introduce",
                "cues": ["vip_card"],
                "business": "cash",
                "name": "刘",
                "salutation": "madam",
                "manager": manager,
                "idempotency_key": uuid.uuid4().hex,
            }
            status, text = browser.ask("POST", "/desk/file/", body, {"HX-Request": "true"})
            if status not in (200, 204):
                raise RuntimeError(f"Filing answered {status}: {text[:300]}")

        return step

    return prepare


def polling(browser):
    """Ask the bell with the version it has."""
    _status, text = browser.ask("GET", "/today/")
    found = VERSION.search(text.decode())
    path = f"/notices/poll/?v={found[1]}" if found else "/notices/poll/"
    return getting(path, 204)(browser)


def searching(word):
    """The palette's search, posted."""

    def prepare(browser):
        browser.read_token("/search/")

        def step():
            status, _text = browser.ask("POST", "/search/", {"q": word}, {"HX-Request": "true"})
            if status != 200:
                raise RuntimeError(f"The search answered {status}.")

        return step

    return prepare


def posting(path):
    """A form with its token, sent to the bare site."""

    def prepare(browser):
        browser.read_token(path)

        def step():
            status, _text = browser.ask("POST", path, {})
            if status != 200:
                raise RuntimeError(f"The bare page answered {status}.")

        return step

    return prepare


def timed_sql(sql, params, times=200):
    """Median seconds of one statement on a warm connection, rows fetched."""
    taken = []
    with connection.cursor() as cursor:
        for _i in range(times):
            start = time.perf_counter()
            cursor.execute(sql, params)
            cursor.fetchall()
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def raw_insert_rate(seconds=2):
    """Single-row INSERTs with commit a second on one connection: the machine's own floor."""
    from rmflow.staff.models import User

    by, count, end = User.objects.first().pk, 0, time.perf_counter() + seconds
    with connection.cursor() as cursor:
        while time.perf_counter() < end:
            cursor.execute(
                "INSERT INTO referrals_repeatcheck (by_id, at, warned) VALUES (%s, now(), false)", [by]
            )
            count += 1
    return count / seconds


def timed(call):
    """The seconds `call` takes, and its answer."""
    began = time.perf_counter()
    answer = call()
    return time.perf_counter() - began, answer


def less(job, values, bound):
    """A row of the table whose median may be `bound` at the most."""
    middle = statistics.median(values)
    return {
        "job": job,
        "ratio": round(middle, 3),
        "bound": bound,
        "ok": middle <= bound,
        "better": "less",
        "spread": [round(min(values), 3), round(max(values), 3)],
    }
