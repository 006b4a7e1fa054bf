"""A few processes started in order, watched, started again when they fall, stopped in order.

Each is a session of its own, so that Ctrl+C reaches only the supervisor; each ends when the
supervisor is killed. The last one started is the first one stopped.
"""

import contextlib
import os
import signal
import subprocess  # nosec B404
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .servers import die_with_parent

PATIENCE = 40  # seconds to become ready
GRACE = 25  # seconds to stop in
GLANCE = 0.2  # seconds between two looks at the processes
LONGEST_PAUSE = 30  # seconds between two starts of a process that keeps falling


class NotReady(Exception):
    """A process ended or stayed silent while it should have become ready."""


@dataclass
class Service:
    """One process: how it is started, and how one sees that it is ready."""

    name: str
    command: list[str]
    log: Path
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None
    falls: int = 0
    again_at: float = 0.0

    def start(self) -> None:
        """Start it; its output goes to its log."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # nosec B603
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end, then make it."""
        if self.process is None:
            return
        if self.running():
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # and any child it left
        self.process.wait()


class Supervisor:
    """Runs services until it is told to stop."""

    def __init__(self, services: list[Service], say: Callable[[str], object]) -> None:
        self.services, self.say, self.stopping = services, say, False

    def run(self, when_ready: Callable[[], object]) -> None:
        """Start all in order, call `when_ready`, watch, and stop all in the opposite order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._told_to_stop)
        try:
            for service in self.services:
                service.start()
            for service in self.services:
                self._await(service)
            if not self.stopping:
                when_ready()
            while not self.stopping:
                self._watch()
                time.sleep(GLANCE)
        finally:
            for service in reversed(self.services):
                service.stop()

    def _told_to_stop(self, *_args: object) -> None:
        self.stopping = True  # nothing else: a handler that waits may wait for itself

    def _await(self, service: Service) -> None:
        end = time.monotonic() + PATIENCE
        while not self.stopping and not service.ready():
            if not service.running() or time.monotonic() > end:
                tail = "\n".join(service.log.read_text(errors="replace").splitlines()[-8:])
                raise NotReady(f"{service.name} did not start; the end of {service.log}:\n{tail}")
            time.sleep(0.05)

    def _watch(self) -> None:
        """Start again what fell, each time a little later."""
        now = time.monotonic()
        for service in self.services:
            if service.running():
                continue
            if not service.again_at:
                pause = min(2**service.falls, LONGEST_PAUSE)
                service.falls, service.again_at = service.falls + 1, now + pause
                self.say(f"{service.name} ended unexpectedly; it is started again in {pause} s.")
            elif now >= service.again_at:
                service.again_at = 0.0
                service.start()
