"""The archive's rows written straight into its tables, for the evaluation to read."""

from django.db import connection

from clients.models import Client, Household


def insert(table, rows):
    """Write dicts of one shape; columns that a test does not name take their defaults."""
    if not rows:
        return
    columns = list(rows[0])
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})",
            [tuple(row[column] for column in columns) for row in rows],
        )


def household(client, members):
    """Put a client into a household of so many; the others are made in the same branch."""
    made = Household.objects.create(name="王家", branch=client.branch)
    Client.objects.bulk_create(
        Client(name="王", branch=client.branch, household=made, created_at=client.created_at)
        for _n in range(members - 1)
    )
    Client.objects.filter(pk=client.pk).update(household=made)
