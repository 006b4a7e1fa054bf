"""Every version of a row is kept, whoever wrote it and by whatever way (django-pghistory)."""

import pghistory
import pgtrigger
from django.contrib.postgres.indexes import BrinIndex


class Changed(pgtrigger.Condition):
    """Any column but `exclude` differs; in SQL, since encrypted fields take no lookups."""

    def __init__(self, exclude):
        self.exclude = exclude

    def resolve(self, model):
        columns = [f.column for f in model._meta.concrete_fields if f.name not in self.exclude]
        old, new = (", ".join(f'{row}."{column}"' for column in columns) for row in ("OLD", "NEW"))
        return f"ROW({old}) IS DISTINCT FROM ROW({new})"


def kept_history(name, exclude=()):
    """Keep every version of a row, bulk and raw SQL writes included, in the model `name` (`row.history`).

    Versions come in the order of time: a BRIN index finds a day's among years for a thousandth of a B-tree's room.
    """
    by_time = BrinIndex(fields=["pgh_created_at"], autosummarize=True)
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(condition=Changed(exclude)) if exclude else pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        model_name=name,
        obj_field=pghistory.ObjForeignKey(related_name="history"),
        exclude=list(exclude),
        meta={"indexes": [by_time]},
    )
