"""Real ends of the channels: a mail server, a web server, a Valkey of the test's own."""

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rmflow import environment, servers
from tests.notices.mailserver import MailServer

HERE = Path(__file__).parent


@pytest.fixture
def mail_server(monkeypatch, settings):
    """A mail server; this process and those started from it send there."""
    with MailServer() as server:
        monkeypatch.setenv("EMAIL_URL", f"smtp://127.0.0.1:{server.port}")
        settings.EMAIL_BACKEND = "rmflow.notices.smtp.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 2
        yield server


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), body))
        self.server.paths.append(self.path)
        if self.server.reached:
            self.server.reached.set()
            self.server.go.wait(20)
            self.server.reached = None
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def hook(settings):
    """A receiver: `.received` [(headers, body)], `.paths`, `.answers` [(status, headers)] to give."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    server.received, server.paths, server.answers = [], [], []
    server.reached = server.go = None  # events; set both to hold the first answer back
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    host = f"127.0.0.1:{server.server_port}"
    settings.WEBHOOK_URL = f"http://{host}/news?from=rmflow"
    settings.WEBHOOK_HOSTS = [host]
    settings.WEBHOOK_SECRET = "only for tests"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def own_valkey(tmp_path, settings):
    """A Valkey that a test may stop and start; Django's cache is there."""
    (tmp_path / "log").mkdir()
    sockets = environment.socket_dir(tmp_path)
    sockets.mkdir()
    valkey = servers.Valkey(tmp_path)
    valkey.start()
    cache = {**settings.CACHES["default"], "LOCATION": f"unix://{valkey.socket}?db=1"}
    settings.CACHES = {"default": cache}
    yield valkey
    valkey.stop()
    shutil.rmtree(sockets)


@pytest.fixture
def pair():
    """Run one job of `tests/notices/job.py` in two processes that begin at the same moment."""

    def run(*job):
        both = [
            subprocess.Popen(
                [sys.executable, str(HERE / "job.py"), *job],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ.copy(),
                text=True,
            )
            for _ in range(2)
        ]
        for process in both:
            assert process.stdout.readline() == "ready\n"
        for process in both:
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [json.loads(process.communicate(timeout=30)[0]) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        return answers

    return run
