"""Production is the default, and it says what it needs."""

import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rmflow import environment

ROOT = Path(__file__).resolve().parent.parent.parent
SECRETS = ("RMFLOW_MODE", "SECRET_KEY", "FIELD_KEYS", "BLIND_KEY", "ALLOWED_HOSTS", "EMAIL_URL")
SECRETS += ("DJANGO_ALLOW_ASYNC_UNSAFE",)  # for playwright only


def manage(*arguments, **variables):
    """Run a command with the given variables and none of the tests' own secrets."""
    bare = {name: value for name, value in os.environ.items() if name not in SECRETS}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=bare | variables, capture_output=True, text=True)


def production():
    """What an operator sets."""
    return environment.new_secrets() | {"ALLOWED_HOSTS": "crm.bank.example"}


def test_production_is_the_default_and_passes_the_deployment_checks():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **production())
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_missing_secrets_are_named_one_a_line_and_nothing_else_is_said():
    done = manage("check", ALLOWED_HOSTS="crm.bank.example")
    assert done.returncode != 0
    last = done.stderr[done.stderr.index("These must be set") :].splitlines()
    assert last[0] == "These must be set in the environment in production mode:"
    assert [line.split(":")[0].strip() for line in last[1:4]] == ["SECRET_KEY", "FIELD_KEYS", "BLIND_KEY"]


def test_an_unknown_mode_is_refused():
    done = manage("check", RMFLOW_MODE="developement", **production())
    assert "it must be production, demo or test" in done.stderr


@pytest.mark.parametrize("mode", ["production", "test"])
def test_debug_cannot_be_switched_on(mode):
    code = "from django.conf import settings; print('DEBUG', settings.DEBUG)"
    done = manage("shell", "-c", code, RMFLOW_MODE=mode, DEBUG="true", **production())
    assert "DEBUG False" in done.stdout, done.stderr


def test_production_answers_over_https_only_and_says_so_for_a_year():
    code = (
        "from django.test import Client\n"
        "c = Client(headers={'host': 'crm.bank.example'})\n"
        "print(c.get('/login/').headers['Location'])\n"
        "print(c.get('/', secure=True).headers['Strict-Transport-Security'])\n"
    )
    done = manage("shell", "-v", "0", "-c", code, **production())
    lines = done.stdout.split("\n")
    assert "https://crm.bank.example/login/" in lines, done.stderr
    assert "max-age=31536000; includeSubDomains; preload" in lines, done.stderr


def test_pages_forbid_inline_script_and_style_and_foreign_sources(client, db):
    policy = client.get("/login/").headers["Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    assert rules["script-src"] == rules["style-src"] == rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"
    assert "unsafe" not in policy


def test_demo_secrets_are_made_once_and_are_their_owners_alone(tmp_path):
    first = environment.demo_environment(tmp_path)
    assert environment.demo_environment(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600
    assert len(base64.urlsafe_b64decode(first["FIELD_KEYS"].split(":")[1])) == 32
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.env"]


@pytest.mark.parametrize(
    ("given", "broker", "cache"),
    [
        ("redis://host:6379/0", "redis://host:6379/0", "redis://host:6379/1"),
        ("rediss://u:p@host:6379", "rediss://u:p@host:6379/0", "rediss://u:p@host:6379/1"),
        ("unix:///a/s.sock?db=4", "redis+socket:///a/s.sock?virtual_host=4", "unix:///a/s.sock?db=5"),
    ],
)
def test_jobs_and_cache_never_share_a_database(given, broker, cache):
    assert environment.valkey_urls(given) == (broker, cache)
