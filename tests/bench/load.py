"""A small load: a few logged-in people, each on a connection kept alive, asking as fast as they get answers.

Bounded in time and in connections, and only ever sent to the loopback address of servers started here.
"""

import http.client
import http.cookies
import multiprocessing
import re
import statistics
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')


@dataclass
class Person:
    """One browser: a connection, its cookies, the last CSRF token."""

    port: int
    cookies: dict = field(default_factory=dict)
    token: str = ""

    def __post_init__(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method, path, body=None, headers=None):
        """Send one request and read its answer; returns (status, body)."""
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **(headers or {})}
        data = None
        if body is not None:
            data = urlencode({"csrfmiddlewaretoken": self.token, **body}, doseq=True)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            sent["Referer"] = f"http://127.0.0.1:{self.port}/"
        self.connection.request(method, path, data, sent)
        answer = self.connection.getresponse()
        text = answer.read()
        for name, line in answer.getheaders():
            if name.lower() == "set-cookie":
                for key, morsel in http.cookies.SimpleCookie(line).items():
                    self.cookies[key] = morsel.value
        return answer.status, text

    def read_token(self, path):
        """Open a page with a form and keep its token."""
        status, text = self.ask("GET", path)
        found = TOKEN.search(text.decode())
        if not found:
            raise RuntimeError(f"{path} answered {status} without a form.")
        self.token = found[1]
        return text.decode()

    def log_in(self, number, password):
        """Through the login form, as a person does."""
        self.read_token("/login/")
        status, _text = self.ask("POST", "/login/", {"username": number, "password": password})
        if status not in (302, 303):
            raise RuntimeError(f"The login of {number} answered {status}.")


def _run(make, seconds, queue, barrier):
    """One person's work in a process of its own: prepare, wait for the others, ask, report."""
    step = make()
    for _i in range(5):
        step()
    barrier.wait()
    count, worst, end = 0, [], time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        if start >= end:
            break
        step()
        worst.append(time.perf_counter() - start)
        count += 1
    queue.put((count, statistics.median(worst)))


def throughput(makers, seconds):
    """(requests per second, median seconds of one) with one process for each of `makers`."""
    context = multiprocessing.get_context("fork")
    queue, barrier = context.Queue(), context.Barrier(len(makers))
    people = [context.Process(target=_run, args=(make, seconds, queue, barrier)) for make in makers]
    for person in people:
        person.start()
    results = [queue.get(timeout=seconds + 60) for _p in people]
    for person in people:
        person.join()
    return sum(c for c, _m in results) / seconds, statistics.median(m for _c, m in results)
