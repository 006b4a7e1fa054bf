"""Mutants: our own code with one transition, permission, scope or constraint taken out, in memory.

Each mutant has a name (`permission teller divert`) and is applied to this process by `apply`; no file
is changed. Functions are mutated in place, by their code object, so that every importer sees it.
"""

import ast
import importlib
import inspect
from pathlib import Path

from django.apps import apps
from django.db import connection
from django.db.models import UniqueConstraint

ROOT = Path(__file__).resolve().parent.parent
APPS = ("clients", "followups", "referrals", "complaints", "rmflow")
OURS = {*APPS, "maintenance"}
TABLES = (
    ("referrals.rules", "TRANSITIONS"),
    ("referrals.rules", "STATUS_TRANSITIONS"),
    ("referrals.rules.duty", "DUTY_TRANSITIONS"),
    ("referrals.rules.months", "TRANSITIONS"),
    ("followups.rules", "TRANSITIONS"),
    ("followups.rules", "PLAN_TRANSITIONS"),
    ("followups.models.chances", "CHANCE_TRANSITIONS"),
    ("complaints.rules.complaint", "TRANSITIONS"),
    ("complaints.rules.closures", "CLOSURE_TRANSITIONS"),
    ("complaints.rules.openings", "OPENING_TRANSITIONS"),
    ("clients.custody_rules", "FILE_TRANSITIONS"),
    ("clients.custody_rules", "LOAN_TRANSITIONS"),
    ("clients.custody_rules", "DESTRUCTION_TRANSITIONS"),
    ("clients.rights_rules", "RIGHTS_TRANSITIONS"),
)


def names():
    """Every mutant there is, kind by kind."""
    yield from _transitions()
    yield from _permissions()
    yield from (f"scope {module}:{where}:{what}" for module, where, what, _node in _scopes())
    yield from (f"constraint {constraint.name}" for _model, constraint in _constraints())


def apply(name):
    """Make this process the mutant `name`; constraints are dropped in the current database."""
    kind, rest = name.split(" ", 1)
    {
        "transition": _mutate_transition,
        "permission": _mutate_permission,
        "scope": _mutate_scope,
        "constraint": _drop_constraint,
    }[kind](rest)


# --- transitions: the arrow is gone, one of its sources is gone, or it starts from anywhere ---


def _transitions():
    for module, table in TABLES:
        for name, arrow in getattr(importlib.import_module(module), table).items():
            yield f"transition {module} {table} {name} gone"
            yield f"transition {module} {table} {name} unchecked"
            if len(arrow.sources) > 1:
                yield from (
                    f"transition {module} {table} {name} not-from-{source}" for source in arrow.sources
                )


def _mutate_transition(rest):
    module, table, name, how = rest.split(" ")
    arrows = getattr(importlib.import_module(module), table)
    if how == "gone":
        del arrows[name]
        return
    arrow = arrows[name]
    states = set(type(next(iter(arrow.sources))))
    sources = states if how == "unchecked" else set(arrow.sources) - {how.removeprefix("not-from-")}
    object.__setattr__(arrow, "sources", tuple(sources))


# --- permissions: each role loses each of its own ---


def _permissions():
    from rmflow.staff.permissions import ROLE_PERMISSIONS

    for role, permissions in ROLE_PERMISSIONS.items():
        yield from (f"permission {role.value} {permission.value}" for permission in sorted(permissions))


def _mutate_permission(rest):
    from rmflow.staff.permissions import ROLE_PERMISSIONS, Role

    role, permission = rest.split(" ")
    ROLE_PERMISSIONS[Role(role)] -= {permission}


# --- scopes: a require() is left out, a visible_to() shows all, a clause of a scope is dropped ---


def _scopes():
    """(module, qualified name, what, mutated function node) of every scope clause in our sources."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" in path.parts or "demo" in path.parts or "management" in path.parts:
                continue
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            tree = ast.parse(path.read_text())
            for where, node in _functions(tree):
                for index, (what, change) in enumerate(_cuts(node)):
                    yield module, where, f"{index}-{what}", change


def _functions(tree, prefix=""):
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and node.name != "require":
            yield f"{prefix}{node.name}", node


def _cuts(function):
    """(what, a function that cuts a fresh copy) for each place to cut in `function`."""
    for position, node in enumerate(ast.walk(function)):
        if isinstance(node, ast.Expr) and _calls(node.value) == "require":
            yield "require", (position, _no_require)
        if isinstance(node, ast.Call) and _calls(node) in ("visible_to", "made_by"):
            yield _calls(node), (position, _all_rows)
        if function.name in ("visible_to", "made_by", "covers") and _joins(node):
            yield "left", (position, _without_left)
            yield "right", (position, _without_right)


def _joins(node):
    """`a | b`, `a or b`, `a and b`: two clauses of a scope."""
    return isinstance(node, ast.BoolOp) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr))


def _calls(node):
    if not isinstance(node, ast.Call):
        return ""
    called = node.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _no_require(node):
    node.value = ast.Constant(None)


def _all_rows(node):
    """`rows.visible_to(user)` becomes `rows.all()`."""
    node.func.attr, node.args, node.keywords = "all", [], []


def _without_left(node):
    if isinstance(node, ast.BoolOp):
        del node.values[0]
        node.values.append(node.values[-1])
    else:
        node.left = node.right


def _without_right(node):
    if isinstance(node, ast.BoolOp):
        node.values[-1] = node.values[0]
    else:
        node.right = node.left


def _mutate_scope(rest):
    module_name, where, what = rest.split(":")
    module = importlib.import_module(module_name)
    position, change = next(
        node for mod, place, cut, node in _scopes() if (mod, place, cut) == (module_name, where, what)
    )
    tree = ast.parse(Path(module.__file__).read_text())
    function = dict(_functions(tree))[where]
    change(list(ast.walk(function))[position])
    function.decorator_list = []
    scratch: dict = {}
    code = compile(ast.fix_missing_locations(ast.Module([function], [])), module.__file__, "exec")
    exec(code, module.__dict__ | {"__name__": module_name}, scratch)
    for target in _raw(module, where):
        target.__code__ = scratch[function.name].__code__


def _raw(module, where):
    """The plain functions behind decorators, and behind managers made from querysets."""
    owner, _dot, name = where.rpartition(".")
    found = getattr(getattr(module, owner), name) if owner else getattr(module, name)
    return [inspect.unwrap(found)]


# --- constraints: dropped from the test database ---


def _constraints():
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.split(".")[0] in OURS:
            yield from ((model, constraint) for constraint in model._meta.constraints)


def _drop_constraint(name):
    model, constraint = next(pair for pair in _constraints() if pair[1].name == name)
    as_index = isinstance(constraint, UniqueConstraint) and constraint.condition is not None
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    drop = f"DROP INDEX {quote(name)}" if as_index else f"ALTER TABLE {table} DROP CONSTRAINT {quote(name)}"
    with connection.cursor() as cursor:
        cursor.execute(drop)
