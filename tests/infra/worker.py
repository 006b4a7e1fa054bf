"""A real Celery worker for tests: a process of its own on this process's database and Valkey."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rmflow import servers

PATIENCE = 30  # seconds


class WorkerProcess:
    """`celery -A rmflow worker` with one child; tests may kill it and start it again."""

    def __init__(self, name: str = "worker"):
        self.log = Path(os.environ["RMFLOW_VAR"]) / "log" / f"{name}-{os.getpid()}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "WorkerProcess":
        """Start, and return when it takes tasks."""
        self.log.unlink(missing_ok=True)
        options = ["-c", "1", "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "rmflow", "worker", *options],
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=servers.die_with_parent(signal.SIGTERM),
            )
        self._until(" ready.")
        return self

    def stop(self) -> None:
        """Stop after the task at hand."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kill it and its child in the middle of whatever they do."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def output(self) -> str:
        """What it logged."""
        return self.log.read_text(errors="replace")

    def _until(self, words: str) -> None:
        end = time.monotonic() + PATIENCE
        while words not in self.output():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"The worker did not start:\n{self.output()[-3000:]}")
            time.sleep(0.05)


@pytest.fixture
def celery_worker_process(transactional_db):
    """A running worker; it stops with the test, or it would take the next test's tasks."""
    worker = WorkerProcess().start()
    yield worker
    worker.stop()


@pytest.fixture
def new_worker(transactional_db):
    """Start workers of the test's own, to be killed: `new_worker()` → WorkerProcess."""
    started: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        started.append(WorkerProcess(f"worker{len(started)}"))
        return started[-1].start()

    yield start
    for worker in started:
        worker.stop()


@pytest.fixture
def eventually():
    """Wait until a question is answered with something true: `eventually(lambda: row.sent)`."""

    def wait(question, seconds: float = 10):
        end = time.monotonic() + seconds
        while not (answer := question()):
            if time.monotonic() > end:
                raise AssertionError(f"Still {answer!r} after {seconds} s.")
            time.sleep(0.05)
        return answer

    return wait
