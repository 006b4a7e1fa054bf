"""A site of the test's own: PostgreSQL and Valkey that may be stopped, and a real gunicorn on them."""

import contextlib
import http.client
import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import psycopg2
import pytest

from rmflow import servers
from tests import run as runner
from tests.conftest import PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60  # seconds


class Site:
    """Servers, gunicorn and two people: `people["lobby_manager"]["token"]`."""

    def __init__(self, var):
        self.var = var
        # Nothing of the running tests' own settings may leak in: their database is not ours.
        self.variables = runner._variables(var)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.variables |= {"PORT": str(self.port), "WEB_WORKERS": "2", "WEB_THREADS": "4"}
        self.postgres, self.valkey = servers.Postgres(var), servers.Valkey(var)
        self.web = None

    def start(self):
        self.postgres.start()
        self.valkey.start()
        said = subprocess.run(
            [sys.executable, "-m", "tests.faults.seed"],
            env=self.variables,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        self.people = json.loads(said.stdout)
        log = (self.var / "log" / "web.log").open("wb")
        self.web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:rmflow.gunicorn", "rmflow.wsgi"],
            env=self.variables,
            cwd=ROOT,
            stdout=log,
            stderr=log,
            preexec_fn=servers.die_with_parent(signal.SIGTERM),
        )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/login/")[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(self.log())

    def stop(self):
        if self.web:
            self.web.terminate()
            self.web.wait(PATIENCE)
        self.valkey.stop()
        self.postgres.stop()

    def log(self):
        return (self.var / "log" / "web.log").read_text(errors="replace")[-4000:]

    def ask(self, method, path, body=None, headers=None):
        """One request on a connection of its own; (status, text)."""
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(door):
            door.request(method, path, body, headers or {})
            answer = door.getresponse()
            return answer.status, answer.read().decode()

    def file(self, key, **fields):
        """File a card over the API with an idempotency key; (status, text)."""
        lobby = self.people["lobby_manager"]
        card = {"end": "introduce", "cues": ["forex"], "manager_id": self.people["wealth_manager"]["id"]}
        headers = {
            "Authorization": f"Token {lobby['token']}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        return self.ask("POST", "/api/v1/referrals/", json.dumps(card | fields), headers)

    def browser(self, role):
        """A browser logged in by the form."""
        made = Browser(self.port)
        made.post("/login/", username=self.people[role]["number"], password=PASSWORD)
        return made

    def rows(self, sql):
        """Ask the site's database past the site."""
        with contextlib.closing(
            psycopg2.connect(host=str(self.postgres.sockets), port=5432, user="rmflow", dbname="rmflow")
        ) as db:
            with db.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()


class Browser:
    """Cookies, the token against forgery, no redirects hidden: what a form needs."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.token = self._token(self.get("/login/")[1])

    def _token(self, text):
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
        return found.group(1) if found else ""

    def get(self, path):
        return self._send(urllib.request.Request(self.base + path))

    def post(self, path, **fields):
        if "username" not in fields:
            self.token = self._token(self.get("/desk/")[1]) or self.token
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": self.token}, doseq=True)
        return self._send(urllib.request.Request(self.base + path, data.encode()))

    def _send(self, request):
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()


@pytest.fixture
def site(tmp_path_factory):
    """A running `Site`, gone afterwards."""
    from rmflow import environment

    with runner._folder(runner.MEMORY) as var:
        snapshot = runner._snapshot(runner._variables(var))
        subprocess.run(["cp", "-a", snapshot / "postgres", var / "postgres"], check=True)
        (var / "log").mkdir()
        servers._private_parent(environment.socket_dir(var), 0o711)
        made = Site(var)
        try:
            made.start()
            yield made
        finally:
            made.stop()
            shutil.rmtree(environment.socket_dir(var), ignore_errors=True)


assert os.environ.get("RMFLOW_MODE") == "test"
