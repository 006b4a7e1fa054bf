"""The whole site under one command, on given servers; and the messages of a bare machine."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60  # seconds


@pytest.fixture
def port():
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def serve(transactional_db, port):
    """Start `manage.py serve` on this process's database; it is ended afterwards."""
    started = []

    def start():
        started.append(
            subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=os.environ | {"PORT": str(port), "WEB_WORKERS": "1", "WORKER_PROCESSES": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.terminate()
        print(process.communicate(timeout=PATIENCE)[0])
    for log in Path(os.environ["RMFLOW_VAR"], "log").glob("w*.log"):
        print(f"--- {log.name} ---\n{log.read_text()[-3000:]}")  # shown when the test fails


def said(process, words):
    """Read what it says until `words`."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError(f"It never said {words!r}:\n{''.join(lines)}")


def free(port):
    """Whether nobody listens on `port` any more, in a while."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return True
        time.sleep(0.1)
    return False


def test_it_serves_refuses_a_second_start_survives_a_kill_and_stops(serve, port):
    first = serve()
    assert f"http://localhost:{port}" in said(first, "ready on")
    with urllib.request.urlopen(f"http://localhost:{port}/login/") as answer:
        assert answer.status == 200
    assert "served from this folder already" in said(serve(), "already")

    first.send_signal(signal.SIGKILL)
    first.wait()
    assert free(port)  # web, worker and clock went with it

    begun = time.monotonic()
    second = serve()
    said(second, "ready on")
    assert time.monotonic() - begun < 30
    second.send_signal(signal.SIGINT)
    assert second.wait(PATIENCE) == 0
    assert free(port)


def test_a_taken_port_is_named(serve, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert "PORT=8001 make run" in said(serve(), "Nothing can be served on")


@pytest.mark.parametrize(
    ("lacks", "message"),
    [
        ("version_info", "Python 3.11 or newer is needed."),
        ("ensurepip", "apt-get install python3-venv"),
    ],
)
def test_make_says_what_the_machine_lacks(tmp_path, lacks, message):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    python = tmp_path / "python-without"
    python.write_text(f'#!/bin/sh\ncase "$2" in *{lacks}*) exit 1;; esac\nexit 0\n')
    python.chmod(0o755)
    command = ["make", "-s", "env-run", f"PYTHON={python}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode
    assert message in done.stdout


def test_make_says_that_python_is_missing(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    command = ["make", "-s", "env-run", "PYTHON=python3-not-here"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "apt-get install python3 python3-venv" in done.stdout


def test_a_real_worker_takes_a_task(celery_worker_process, eventually):
    from rmflow.doors.models import JobRun
    from rmflow.doors.tasks import clean_up

    clean_up.delay()
    run = eventually(lambda: JobRun.objects.filter(finished_at__isnull=False).first())
    assert run.ok
