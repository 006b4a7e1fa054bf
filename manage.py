#!/usr/bin/env python3
"""Run a command. On the embedded servers when no addresses are given, else on those given."""

import os
import sys

# Commands that need no tables, or that make them.
TABLELESS = {"check", "collectstatic", "compile_translations", "help", "makemessages", "makemigrations"}
TABLELESS |= {"migrate", "serve", "showmigrations", "spectacular", "sqlmigrate", "version"}


def main() -> None:
    """Give the command its servers, then run it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rmflow.settings")
    try:
        from django.core.management import execute_from_command_line

        from rmflow import environment, keeper, servers
    except ImportError as error:
        sys.exit(f"{error.name} is not installed. Run `make env`, then .venv/bin/python manage.py …")

    given = [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)]
    if len(given) == 2:
        execute_from_command_line(sys.argv)
        return
    if given:
        sys.exit(f"{given[0]} is set alone. Set DATABASE_URL and REDIS_URL both, or neither.")

    var = environment.var_dir()
    os.environ.update(environment.embedded_addresses(var))
    os.environ.setdefault("RMFLOW_MODE", "demo")  # the embedded servers are a demo, never a bank's
    try:
        with keeper.using(var):
            if not TABLELESS.intersection(sys.argv[1:2] or ["help"]):
                _lay_out_tables()
            execute_from_command_line(sys.argv)
    except servers.ServerError as problem:
        sys.exit(str(problem))


def _lay_out_tables() -> None:
    """A command on a fresh checkout finds its tables."""
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    if "django_migrations" not in connection.introspection.table_names():
        print("The embedded database is new: laying out its tables.", file=sys.stderr)
        call_command("migrate", verbosity=0)


if __name__ == "__main__":
    main()
