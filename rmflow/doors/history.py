"""Change history only where there is some to keep.

pghistory puts who and why in front of every statement; the server then parses three statements
instead of one. Tables without history, and savepoints, go without.
"""

import pghistory.models
import pghistory.runtime
from django.apps import apps
from pghistory.middleware import HistoryMiddleware

#: Posted so that no number stands in an address, and changing nothing that has a history.
READS = frozenset({"/search/"})
STATEMENTS = (
    "savepoint",
    "release savepoint",
    "rollback to savepoint",
    "set local",
    "prepare",
    "execute rmflow_",
)


def spare_untracked_tables():
    """Tell pghistory which statements change nothing that is tracked (called once, at the start)."""
    models = apps.get_models(include_auto_created=True)
    events = [model for model in models if issubclass(model, pghistory.models.Event)]
    tracked = {model.pgh_tracked_model._meta.db_table for model in events if model.pgh_tracked_model}
    tables = {model._meta.db_table for model in models} - tracked
    writes = (f'{verb} "{table}"' for table in sorted(tables) for verb in ("insert into", "update"))
    pghistory.runtime.IGNORED_SQL_PREFIXES += (*STATEMENTS, *writes)


class History(HistoryMiddleware):
    """pghistory's, which says of every POST who it is; a question needs no such line."""

    def __call__(self, request):
        return self.get_response(request) if request.path_info in READS else super().__call__(request)
