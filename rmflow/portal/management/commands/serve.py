"""`manage.py serve`: everything the site needs, under one process (`make run` calls it)."""

import contextlib
import fcntl
import hashlib
import http.client
import os
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from rmflow import gunicorn as web
from rmflow import translations
from rmflow.celery import app
from rmflow.supervisor import NotReady, Service, Supervisor

LOGS = settings.VAR_DIR / "log"
BEAT_PID = settings.VAR_DIR / "beat.pid"
SEEDED = settings.VAR_DIR / "demo.seeded"  # written once the demo data are whole


class Command(BaseCommand):
    help = "Lay out the tables, prepare files, then serve the site with its worker and its clock."
    requires_system_checks = []

    def handle(self, **options):
        LOGS.mkdir(parents=True, exist_ok=True)
        with (settings.VAR_DIR / "serve.lock").open("a") as lock:
            self._be_the_only_one(lock)
            self._prepare()
            connections.close_all()
            try:
                Supervisor(_services(), self.stderr.write).run(self._announce)
            except NotReady as problem:
                raise CommandError(str(problem)) from None

    def _be_the_only_one(self, lock):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("The site is served from this folder already.") from None
        host, port = web.bind.rsplit(":", 1)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError as error:
                raise CommandError(
                    f"Nothing can be served on {web.bind} ({error.strerror}). "
                    "Choose another port: PORT=8001 make run"
                ) from None

    def _prepare(self):
        translations.compile_all()
        call_command("migrate", verbosity=0, interactive=False)
        _collect_static()
        if settings.DEMO and not SEEDED.exists():
            self.stdout.write("First start: making the demo data (up to a minute).")
            self.stdout.flush()
            call_command("seed_demo", stdout=self.stdout)
            SEEDED.touch()

    def _announce(self):
        host, port = web.bind.rsplit(":", 1)
        name = "localhost" if host in ("127.0.0.1", "0.0.0.0") else host  # noqa: S104  # nosec B104
        self.stdout.write(f"\nrmflow is ready on http://{name}:{port}  ({settings.MODE} mode)")
        if settings.DEMO:
            call_command("demo_accounts", stdout=self.stdout)
        self.stdout.write(f"Logs: {LOGS}   Stop: Ctrl+C")
        self.stdout.flush()


def _services():
    """Worker, clock, web: stopped from the end, so that no new work comes while work is finished."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "rmflow"]
    quiet = ["--without-gossip", "--without-mingle", "-l", "WARNING"]
    BEAT_PID.unlink(missing_ok=True)  # left by a kill; its number may be another's by now
    return [
        Service(
            "worker",
            [*celery, "worker", "-c", os.environ.get("WORKER_PROCESSES", "2"), *quiet],
            LOGS / "worker.log",
            lambda: bool(app.control.ping(timeout=1, limit=1)),
        ),
        Service(
            "clock",
            [*celery, "beat", "-l", "WARNING", f"--pidfile={BEAT_PID}"],
            LOGS / "beat.log",
            BEAT_PID.exists,
        ),
        Service(
            "web",
            [*python, "gunicorn", "-c", "python:rmflow.gunicorn", "rmflow.wsgi"],
            LOGS / "web.log",
            _web_answers,
        ),
    ]


def _web_answers():
    host, port = web.bind.rsplit(":", 1)
    host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  # nosec B104
    with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=10)) as connection:
        try:
            connection.request("GET", "/login/")
            return connection.getresponse().status > 0
        except OSError:
            return False


def _collect_static():
    """Collect the static files when one of them changed."""
    state = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            state.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if not stamp.exists() or stamp.read_text() != state.hexdigest():
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(state.hexdigest())
