"""Where things lie and how they are reached: pure answers, no process is started here.

Imported by `manage.py` and the settings before Django is set up.
"""

import base64
import hashlib
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

DATABASE = ROLE = "rmflow"
PORT = 5432  # only a part of the socket's name; no port is opened


def var_dir() -> Path:
    """The folder of data, logs and secrets: RMFLOW_VAR, else var/ in the checkout."""
    return Path(os.environ.get("RMFLOW_VAR") or Path(__file__).resolve().parent.parent / "var")


def short_dir(var: Path, parent: str) -> Path:
    """A folder of our own under `parent` for one data folder and one account.

    Sockets must have short paths (107 bytes) without spaces; a checkout's path may be neither.
    """
    mark = hashlib.sha256(os.fsencode(os.path.realpath(var))).hexdigest()[:12]
    return Path(parent) / f"rmflow-{os.geteuid()}-{mark}"


def socket_dir(var: Path) -> Path:
    """Where the embedded servers of `var` listen."""
    return short_dir(var, "/tmp")  # noqa: S108  # nosec B108


def embedded_addresses(var: Path) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL of the embedded servers of `var`."""
    sockets = socket_dir(var)
    return {
        "DATABASE_URL": f"postgres://{ROLE}@:{PORT}/{sockets / 'pg'}/{DATABASE}",
        "REDIS_URL": f"unix://{sockets / 'valkey.sock'}?db=0",
    }


def valkey_urls(url: str) -> tuple[str, str]:
    """`url` as Celery's broker, and as Django's cache in the database with the next number.

    Two numbers, so that clearing the cache does not empty the queue.
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        number = int(parse_qs(parts.query).get("db", ["0"])[0])
        broker = f"redis+socket://{parts.path}?{urlencode({'virtual_host': number})}"
        return broker, f"unix://{parts.path}?{urlencode({'db': number + 1})}"
    number = int(parts.path.strip("/") or 0)
    return urlunsplit(parts._replace(path=f"/{number}")), urlunsplit(parts._replace(path=f"/{number + 1}"))


def new_secrets() -> dict[str, str]:
    """Fresh secrets for a demo or a test run."""
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "FIELD_KEYS": f"k1:{key}",
        "BLIND_KEY": secrets.token_urlsafe(48),
    }


def demo_environment(var: Path) -> dict[str, str]:
    """The demo's secrets, made once and readable by their owner alone, and its host names."""
    path = var / "secrets.env"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{name}={value}\n" for name, value in new_secrets().items())
        draft = path.with_suffix(f".{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        try:
            os.link(draft, path)  # the first of two commands at once wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    lines = path.read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    return found | {"ALLOWED_HOSTS": "*"}
