"""Run a command with private servers: `python tests/run.py [--durable] pytest ARGS…` or a script.

Each run has its own PostgreSQL and Valkey in memory and removes them at the end, so several runs
may go on at once. The tables are laid out once for each state of the migrations and then copied.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rmflow import environment, servers, translations  # noqa: E402
from tests import chromium  # noqa: E402

MEMORY = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path(tempfile.gettempdir())
SNAPSHOTS_KEPT = 10  # several checkouts on one machine share them; about 60 MB each
MANIFEST = "laid.txt"
PLAIN = ("-k", "-m", "-p", "-n", "-c", "-o", "-W", "--deselect", "--ignore", "--dist", "--durations")


def main(arguments: list[str]) -> int:
    """Serve, run, clean up; the command's exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    durable = arguments[:1] == ["--durable"]
    program, *rest = arguments[durable:]
    is_pytest = program == "pytest"
    if is_pytest:
        rest = _pytest_arguments(rest)
    translations.compile_all()
    _sweep()
    with _folder(ROOT / "var" if durable else MEMORY) as var:
        variables = _variables(var)
        snapshot = None if durable else _snapshot(variables)
        if snapshot:
            subprocess.run(["cp", "-a", snapshot / "postgres", var / "postgres"], check=True)
        with servers.running(var, fast=not durable):
            if not snapshot:
                _migrate(variables)
            command = ["-m", "pytest", *rest] if is_pytest else [program, *rest]
            return subprocess.call(
                [sys.executable, *command],
                env=variables,
                cwd=ROOT,
                preexec_fn=servers.die_with_parent(signal.SIGTERM),
            )


def _variables(var: Path) -> dict[str, str]:
    """What the command sees: test mode, fresh secrets, and nothing of the caller's own servers."""
    return {
        **os.environ,
        **environment.embedded_addresses(var),
        **environment.new_secrets(),
        "RMFLOW_MODE": "test",
        "RMFLOW_VAR": str(var),
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "TASK_VISIBILITY_SECONDS": "5",
        "EMAIL_URL": f"filemail:///{var / 'mail'}",
        "DJANGO_SETTINGS_MODULE": "rmflow.settings",
        "PYTHONPATH": str(ROOT),
    }


@contextlib.contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    parent.mkdir(exist_ok=True)
    var = Path(tempfile.mkdtemp(prefix=f"rmflow-private-{os.getpid()}-", dir=parent))
    var.chmod(0o711)  # PostgreSQL may run as another account
    (var / "static").mkdir()
    try:
        yield var
    finally:
        _remove(var)


def _remove(var: Path) -> None:
    shutil.rmtree(var, ignore_errors=True)
    shutil.rmtree(environment.socket_dir(var), ignore_errors=True)


def _sweep() -> None:
    """Remove what runs left that were killed."""
    for var in [*MEMORY.glob("rmflow-private-*"), *(ROOT / "var").glob("rmflow-private-*")]:
        pid = var.name.split("-")[2]
        if not Path("/proc", pid).exists() and var.stat().st_uid == os.geteuid():
            _remove(var)


def _snapshot(variables: dict[str, str]) -> Path | None:
    """A stopped cluster with our tables; made when the migrations are new, else None on failure.

    A cluster that has part of these migrations, and no other, is where the rest is laid on.
    """
    laid = _laid()
    name = hashlib.sha256("".join(laid).encode() + (ROOT / "rmflow/settings.py").read_bytes()).hexdigest()
    ready = MEMORY / f"rmflow-ready-{os.geteuid()}-{name[:12]}"
    if ready.exists():
        ready.touch()
        return ready
    with _folder(MEMORY) as draft:
        (draft / "log").mkdir()
        if base := _part_of(laid):
            subprocess.run(["cp", "-a", base / "postgres", draft / "postgres"], check=True)
        with servers.running(draft, fast=True):
            _migrate(variables | environment.embedded_addresses(draft))
        (draft / MANIFEST).write_text("\n".join(laid))
        with contextlib.suppress(OSError):  # another run may have been first
            draft.rename(ready)
    _forget_old()
    return ready if ready.exists() else None


def _laid() -> list[str]:
    """What makes a cluster what it is, a line a file: path and digest."""
    paths = [ROOT / "requirements.txt", ROOT / "rmflow/servers.py"]
    for folder in ("migrations", "data"):
        paths += [*ROOT.glob(f"rmflow/*/{folder}/*"), *ROOT.glob(f"[a-z]*/{folder}/*")]
    return [
        f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in sorted(paths)
        if path.is_file()
    ]


def _part_of(laid: list[str]) -> Path | None:
    """The ready cluster with the most of these files and none besides."""
    known = {
        ready: set(manifest.read_text().split("\n"))
        for ready in MEMORY.glob(f"rmflow-ready-{os.geteuid()}-*")
        if (manifest := ready / MANIFEST).exists()
    }
    fitting = [ready for ready, files in known.items() if files <= set(laid)]
    return max(fitting, key=lambda ready: len(known[ready]), default=None)


def _forget_old() -> None:
    found = MEMORY.glob(f"rmflow-ready-{os.geteuid()}-*")
    for old in sorted(found, key=lambda path: -path.stat().st_mtime)[SNAPSHOTS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _migrate(variables: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--no-color"]
    if subprocess.call(command, env=variables, cwd=ROOT):
        sys.exit("The migrations failed; no test was run.")


def _pytest_arguments(given: list[str]) -> list[str]:
    """Two processes when all tests run; no browser tests where no browser can be had."""
    paths = [
        word
        for before, word in zip(["", *given], given, strict=False)
        if not word.startswith("-") and before not in PLAIN
    ]
    arguments = list(given)
    if not paths and "-n" not in given:
        arguments += ["-n", "2", "--dist", "worksteal"]
    if not paths or any("browser" in path for path in paths):
        problem = chromium.provide()
        if problem and os.environ.get("CI") == "true":
            sys.exit(f"{problem} In CI that is a failure.")
        if problem:
            print(f"Browser tests were not run: {problem}", flush=True)
            arguments += ["--ignore", "tests/browser"]
    return arguments


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except servers.ServerError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
