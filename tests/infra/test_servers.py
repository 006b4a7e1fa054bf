"""The embedded servers and the keeper that shares them between commands."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rmflow import environment, keeper, servers

ROOT = Path(__file__).resolve().parent.parent.parent
ASK = "SELECT count(*) FROM pg_stat_activity"


@pytest.fixture
def var(tmp_path):
    """A data folder whose path is too long for a socket and has a space, like some checkouts'."""
    folder = tmp_path / ("a long path " + "x" * 90) / "var"
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(environment.socket_dir(folder), ignore_errors=True)


def query(var, sql):
    """Ask the embedded database of `var` one question."""
    import psycopg2

    sockets = environment.socket_dir(var) / "pg"
    db = psycopg2.connect(host=str(sockets), port=environment.PORT, user="rmflow", dbname="rmflow")
    db.autocommit = True
    with db.cursor() as cursor:
        cursor.execute(sql)
        answer = cursor.fetchall() if cursor.description else None
    db.close()
    return answer


def manage(var, *arguments, **variables):
    """Run a command on the embedded default of `var`, as somebody in a plain shell."""
    given = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "RMFLOW_MODE")}
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=given | {"RMFLOW_VAR": str(var)} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def gone(var, seconds=10):
    """Whether the servers of `var` end within `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not (environment.socket_dir(var) / "pg" / f".s.PGSQL.{environment.PORT}").exists():
            return True
        time.sleep(0.05)
    return False


def test_they_run_from_a_long_path_with_a_space_and_open_no_port(var):
    with servers.running(var, fast=True) as (postgres, valkey):
        assert query(var, "SHOW listen_addresses") == [("",)]
        assert query(var, "SHOW server_encoding") == [("UTF8",)]
        assert valkey.process.poll() is None
        assert len(str(postgres.sockets / ".s.PGSQL.5432")) < 107
        assert stat.S_IMODE(postgres.sockets.stat().st_mode) == 0o700
    assert gone(var, 0.1)


def test_an_ordinary_user_starts_them_too():
    """As root this becomes nobody, in a folder of nobody's; else the suite itself is the proof."""
    folder = Path(os.environ["RMFLOW_VAR"]) / "ordinary"
    folder.mkdir()
    user = None
    if os.geteuid() == 0 and _nobody_reads(ROOT):
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, -1)
    code = (
        "import os, sys, pathlib, psycopg2, redis; from rmflow import servers\n"
        "redis.Redis()  # imports what it needs while Python itself can still be read\n"
        "number = int(sys.argv[2])\n"
        "if number: os.setgroups([]); os.setgid(number); os.setuid(number)\n"
        "with servers.running(pathlib.Path(sys.argv[1]), fast=True) as (postgres, valkey):\n"
        "    print(os.geteuid(), postgres.process.poll(), valkey.process.poll())"
    )
    uid = user.pw_uid if user else 0
    command = [sys.executable, "-c", code, folder, str(uid)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == [str(uid or os.geteuid()), "None", "None"], done.stderr


def _nobody_reads(folder):
    """Whether all may enter `folder`; a checkout under a private home is root's alone."""
    return all(stat.S_IMODE(place.stat().st_mode) & 0o005 == 0o005 for place in [folder, *folder.parents])


def test_a_private_home_as_root_is_no_hindrance(var):
    var.parent.chmod(0o700)
    with servers.running(var, fast=True):
        assert query(var, "SELECT 1") == [(1,)]


def test_a_half_made_cluster_is_made_again(var):
    draft = var / "postgres.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18")
    with servers.running(var, fast=True):
        assert query(var, "SELECT 1") == [(1,)]


def test_data_outlive_a_kill_and_the_next_start_is_quick(var):
    code = (
        "import sys, time, pathlib; from rmflow import servers\n"
        "with servers.running(pathlib.Path(sys.argv[1])): print('up', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, var], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "up\n"
    query(var, "CREATE TABLE kept AS SELECT 42 AS answer")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    begun = time.monotonic()
    with servers.running(var):
        assert query(var, "SELECT answer FROM kept") == [(42,)]
    assert time.monotonic() - begun < 10


def test_a_stale_pid_file_naming_another_program_is_passed_over(var):
    with servers.running(var, fast=True) as (postgres, _valkey):
        data = postgres.data
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n")
    (var / "valkey" / "valkey.pid").write_text(f"{os.getpid()}\n")
    with servers.running(var, fast=True):
        assert query(var, "SELECT 1") == [(1,)]


def test_somebody_elses_socket_folder_is_refused(var, tmp_path):
    environment.socket_dir(var).symlink_to(tmp_path)
    try:
        with pytest.raises(servers.ServerError, match="belongs to somebody else"), servers.running(var):
            pass
    finally:
        environment.socket_dir(var).unlink()


def test_two_commands_at_once_share_one_pair_of_servers_and_the_last_stops_them(var):
    both = [manage(var, "check"), manage(var, "check")]
    answers = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert gone(var)


def test_a_killed_command_lets_its_servers_go(var):
    with keeper.using(var):
        code = (
            "import sys, time, pathlib; from rmflow import keeper\n"
            "with keeper.using(pathlib.Path(sys.argv[1])): print('up', flush=True); time.sleep(60)"
        )
        command = subprocess.Popen(
            [sys.executable, "-c", code, var], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert command.stdout.readline() == "up\n"
        command.kill()
        command.communicate()
        assert query(var, "SELECT 1") == [(1,)]  # ours are still there
    assert gone(var)


def test_a_server_that_falls_is_started_again(var):
    with keeper.using(var):
        pid = int((var / "valkey" / "valkey.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 10
        while int((var / "valkey" / "valkey.pid").read_text() or pid) == pid:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_one_address_without_the_other_is_refused(var):
    command = manage(var, "check", REDIS_URL="redis://localhost:6379/0")
    assert "Set DATABASE_URL and REDIS_URL both, or neither" in command.communicate(timeout=30)[1]
    assert command.returncode == 1
