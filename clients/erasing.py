"""What of a person lies where: every table that leads to a client, found by walking the models.

The walk reaches the tables of the apps above and all history tables without knowing them, as the rotation
of keys does. Private by default: free text of a table nobody thought of is taken away, unless its model
names the column in KEPT_WHEN_ERASED or it is one of the house's codes.
"""

from dataclasses import dataclass, field

import pghistory.models
from django.apps import apps
from django.db import connection, models

from rmflow.privacy import crypto
from rmflow.privacy.fields import EncryptedField

from .models import (
    Client,
    Consent,
    ContactWish,
    FamilyMember,
    ImportantDate,
    LifeEvent,
    MergeStep,
    Profile,
)

# S608 below: only names of our own tables and columns, quoted, are put into statements.

#: Rows that tell of nothing but the person: they go, and their history with them.
REMOVED = (Profile, FamilyMember, ImportantDate, LifeEvent, Consent, ContactWish, MergeStep)
#: Columns of codes, by the house's own naming.
CODES = frozenset(
    "source_key link state_from state_to status_from status_to digest pgh_label tier_before tier"
    " referrer_role".split()
)
DASH = "–"


@dataclass(frozen=True)
class Traces:
    """One table with free text about a person, and how its rows lead to the client."""

    model: type
    paths: tuple
    texts: tuple = ()
    secrets: tuple = ()
    documents: tuple = ()
    removed: bool = field(default=False)


def tables(root=Client):
    """Every table but the client's own that leads to a client (or to another `root`) and holds words."""
    removed = {model._meta.label for model in REMOVED}
    found = []
    for model, paths in _reached(root).items():
        tracked = getattr(model, "pgh_tracked_model", None)
        if model is root or tracked is root is Client:
            continue
        gone = model._meta.label in removed or (tracked is not None and tracked._meta.label in removed)
        texts, secrets, documents = words(model)
        if gone or texts or secrets or documents:
            found.append(Traces(model, paths, texts, secrets, documents, gone))
    return found


def _reached(root=Client):
    """{model: ways of foreign keys that lead from its rows to the root}, the nearest first."""
    reached = {root: ((),)}
    every = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model is not root
    ]
    while True:
        step = {}
        for model in every:
            ways = () if model in reached else _ways(model, reached, root)
            if ways:
                step[model] = ways
        if not step:
            return reached
        reached |= step


def _ways(model, reached, root):
    """By its own root, else by every other key to one, else by the row it belongs to."""
    keys = [f for f in model._meta.concrete_fields if f.is_relation and f.related_model in reached]
    direct = [key for key in keys if key.related_model is root]
    own = [key for key in direct if key.name == root._meta.model_name]
    own = own or [key for key in direct if key.name == "pgh_obj"]
    # A history row follows the keys it holds itself; the row it is of may be gone.
    others = sorted(keys, key=lambda key: key.name == "pgh_obj")[:1]
    return tuple((key, *way) for key in own or direct or others for way in reached[key.related_model])


def words(model):
    """(plain texts, encrypted ones, JSON documents) that may hold something about the person."""
    kept = CODES | set(getattr(model, "KEPT_WHEN_ERASED", ()))
    tracked = getattr(model, "pgh_tracked_model", None)
    if tracked is not None:
        kept |= set(getattr(tracked, "KEPT_WHEN_ERASED", ()))
    if model.__name__.endswith("Event") and not issubclass(model, pghistory.models.Event):
        kept |= {"name"}
    unique = {name for c in model._meta.constraints for name in getattr(c, "fields", ())}
    texts, secrets, documents = [], [], []
    for column in model._meta.concrete_fields:
        if column.name in kept or column.unique or column.name in unique:
            continue
        if isinstance(column, EncryptedField):
            secrets.append(column)
        elif isinstance(column, models.JSONField):
            documents.append(column)
        elif isinstance(column, (models.CharField, models.TextField)) and not column.choices:
            texts.append(column)
    return tuple(texts), tuple(secrets), tuple(documents)


def where(traces, clients):
    """(SQL, parameters) that is true for the rows of `traces` that lead to one of the clients."""
    ways = [_along(way) for way in traces.paths]
    return f"({' OR '.join(ways)})", [clients] * len(ways)


def _along(way):
    condition = f"{_q(way[-1].column)} = ANY(%s)"
    for key in reversed(way[:-1]):
        target = key.related_model._meta
        condition = (
            f"{_q(key.column)} IN (SELECT {_q(key.target_field.column)} FROM {_q(target.db_table)}"
            f" WHERE {condition})"
        )
    return condition


def blank(traces, clients):
    """(SQL, parameters) that takes the words away: what was written becomes a dash, what was empty stays.

    So a count of rows with a note, and a constraint that wants one, stay as they are. A document keeps
    its numbers and codes and loses everything in other letters, and long numbers.
    """
    sets, params = [], []
    for column in (*traces.texts, *traces.secrets):
        name = _q(column.column)
        secret = isinstance(column, EncryptedField)
        params.append(crypto.encrypt(DASH, column.context) if secret else DASH)
        sets.append(f"{name} = CASE WHEN {name} = '' THEN '' ELSE %s END")
    for column in traces.documents:
        name = _q(column.column)
        sets.append(
            f"{name} = CASE WHEN jsonb_typeof({name}) = 'object' THEN (SELECT"
            f" coalesce(jsonb_object_agg(key, value), '{{}}') FROM jsonb_each({name})"
            " WHERE value::text !~ '[^[:ascii:]]' AND value::text !~ '[0-9]{7}') ELSE '{}' END"
        )
    table = _q(traces.model._meta.db_table)
    condition, values = where(traces, clients)
    return f"UPDATE {table} SET {', '.join(sets)} WHERE {condition}", [*params, *values]


def _q(name):
    return connection.ops.quote_name(name)
