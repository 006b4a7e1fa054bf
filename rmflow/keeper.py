"""The embedded servers shared by every command of one checkout.

The first command starts a keeper process in the background; the keeper holds the servers while any
command holds the users' lock, and stops them after the last one ended. Locks are the kernel's
(`flock`), so a command that is killed lets go like one that ends.
"""

import contextlib
import fcntl
import os
import signal
import subprocess  # nosec B404
import sys
import time
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from . import servers

GLANCE = 0.25  # seconds between two looks for users


@contextlib.contextmanager
def using(var: Path) -> Iterator[None]:
    """Have the embedded servers of `var` running for the length of a block."""
    var.mkdir(parents=True, exist_ok=True)
    (var / "log").mkdir(exist_ok=True)
    with _open(var, "users") as users:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper is closing
        with _open(var, "start") as start:
            fcntl.flock(start, fcntl.LOCK_EX)  # of two commands at once, one starts the keeper
            if not _kept(var):
                _start(var)
        yield


def _open(var: Path, name: str) -> TextIOWrapper:
    return (var / f"{name}.lock").open("a")


def _kept(var: Path) -> bool:
    with _open(var, "keeper") as keeper:
        try:
            fcntl.flock(keeper, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _start(var: Path) -> None:
    """Start a keeper of its own session and wait for its first words: ready, or what is wrong."""
    with (var / "log" / "keeper.log").open("ab") as log:
        keeper = subprocess.Popen(  # nosec B603
            [sys.executable, "-m", "rmflow.keeper", str(var)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=Path(__file__).resolve().parent.parent,
            start_new_session=True,
            text=True,
        )
    answer = keeper.stdout.read().strip() if keeper.stdout else ""
    if answer != "ready":
        raise servers.ServerError(answer or f"The servers did not start; see {var / 'log'}.")


def keep(var: Path) -> None:
    """Hold the servers until nobody uses them; start one again that fell over."""
    with _open(var, "users") as users, _open(var, "keeper") as keeper:
        fcntl.flock(keeper, fcntl.LOCK_EX)
        with servers.running(var) as both:
            print("ready", flush=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # lets the waiting command go on
            while not _alone(users):
                for server in both:
                    if server.process and server.process.poll() is not None:
                        server.start()
                time.sleep(GLANCE)
        # `users` is let go last: who waits for it must find no keeper.
        fcntl.flock(keeper, fcntl.LOCK_UN)


def _alone(users: TextIOWrapper) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        keep(Path(sys.argv[1]))
    except servers.ServerError as problem:
        print(problem)
        sys.exit(1)
