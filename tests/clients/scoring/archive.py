"""The archive's tables as evaluation reads them: those of the house, or the same made for a test."""

from django.db import connection

from clients.scoring import sources

TABLES = {
    "profile": """CREATE TABLE clients_profile (client_id bigint PRIMARY KEY, job_class varchar(10) NOT NULL
        DEFAULT '', family_income numeric(16, 2), social_role boolean, other_bank_assets numeric(16, 2))""",
    "holding": """CREATE TABLE clients_holding (id bigserial, client_id bigint NOT NULL, product_id bigint NOT NULL,
        contract_no varchar(40) NOT NULL, amount numeric(16, 2) NOT NULL, opened_on date NOT NULL, ended_on date,
        overdue_days integer NOT NULL DEFAULT 0); CREATE INDEX ON clients_holding (client_id)""",
    "household": "ALTER TABLE clients_client ADD COLUMN household_id bigint",
    "fee_income": "ALTER TABLE clients_monthlybalance ADD COLUMN fee_income numeric(16, 2)",
    "point_amount": "ALTER TABLE clients_monthlybalance ADD COLUMN point_amount numeric(16, 2)",
    "is_mortgage": "ALTER TABLE clients_product ADD COLUMN is_mortgage boolean NOT NULL DEFAULT false",
}


def provide():
    """Make what is not there; the set that `sources.archived` is to answer."""
    there = sources.archived()
    with connection.cursor() as cursor:
        for name, statement in TABLES.items():
            if name == "is_mortgage":
                statement = statement.replace("ADD COLUMN", "ADD COLUMN IF NOT EXISTS")
            if name not in there:
                cursor.execute(statement)
        for table in ("clients_product", "clients_producthistory"):
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN category TYPE varchar(20)")
        cursor.execute("ALTER TABLE clients_product DROP CONSTRAINT IF EXISTS product_category_known")
    return there | set(TABLES)


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


def run(statement, values=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def household(client, members):
    """Put a client into a household of so many; the others are made in the same branch."""
    name = client.pk
    if "household" in sources.apps.get_app_config("clients").models:
        made = sources.apps.get_model("clients", "Household").objects.create(name="x", branch=client.branch)
        name = made.pk
    others = [
        type(client)(name="王", branch=client.branch, created_at=client.created_at)
        for _n in range(members - 1)
    ]
    ids = [client.pk, *(row.pk for row in type(client).objects.bulk_create(others))]
    run("UPDATE clients_client SET household_id = %s WHERE id = ANY(%s)", [name, ids])
