"""Real servers for the tests: loaded by pytest before Django's settings are.

Each process of a run has its own database, cloned from one with all tables, and its own numbers in
Valkey. After a test that commits, the database is cloned anew instead of emptied: seeds of the
migrations come back, and tables that refuse to be emptied need no exception.
"""

import contextlib
import os
import re

import pytest

if "RMFLOW_VAR" not in os.environ or os.environ.get("RMFLOW_MODE") != "test":
    pytest.exit("The tests need their servers: run them with `make test ARGS=…`.", returncode=2)

TEMPLATE = "rmflow"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
NAME = f"test_{WORKER}"
NUMBER = int(re.sub(r"\D", "", WORKER) or 0) + 1  # jobs in 2n, cache in 2n + 1
if not os.environ["DATABASE_URL"].endswith(f"/{NAME}"):
    os.environ["DATABASE_URL"] = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{NAME}"
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].split("?")[0] + f"?db={2 * NUMBER}"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps a loop in the tests' thread

pytest_plugins = ["tests.infra.worker"]


def clone() -> None:
    """Make this process's database new: as the migrations left it."""
    import psycopg2
    from django.db import connections

    connections.close_all()
    settings = connections["default"].settings_dict
    db = psycopg2.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname="postgres"
    )
    db.autocommit = True
    with contextlib.closing(db), db.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{NAME}" TEMPLATE "{TEMPLATE}" STRATEGY file_copy')


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    """In place of pytest-django's: clone, do not migrate."""
    from django.test import TransactionTestCase

    with django_db_blocker.unblock():
        clone()
    TransactionTestCase._fixture_teardown = lambda self: clone()


@pytest.fixture(autouse=True)
def _empty_valkey(request):
    """No test sees another's cache or queue."""
    import redis
    from django.conf import settings
    from django.core.cache import cache

    yield
    with contextlib.suppress(redis.RedisError):
        cache.clear()
        with contextlib.closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as broker:
            broker.delete("celery", "unacked", "unacked_index", "unacked_mutex")
    assert settings.CELERY_BROKER_URL  # the settings of this process, not of another
