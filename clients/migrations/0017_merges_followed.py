"""Rows that are written for a record while it is merged go to who took its place.

The triggers are set by `clients_guard_merges()`, which the roof calls when the tables of every floor stand.
"""

from django.db import migrations

from clients.merge_guard import DROP, FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("clients", "0016_duplicates")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
