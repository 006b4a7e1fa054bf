"""The body of a column map as a form: a row per field, the column it comes from or a fixed value."""

import json

from .importing import guess
from .importing.maps import KNOWN_FIELDS, NEEDED
from .load_rules import FileKind

KEPT = "="  # the field comes from a template, an invention or words translated: kept as the map says
LONGEST = 200


def section_of(kind):
    return "client" if kind == FileKind.CLIENTS else str(kind)


def kind_in(body):
    """The kind a body speaks of."""
    return next((kind for kind in FileKind if section_of(kind) in body), FileKind.CLIENTS)


def body_of_post(data):
    """The body as the form says it; what the form does not show stays as the hidden body had it."""
    try:
        body = json.loads(data.get("body", "") or "{}")
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    kind = data.get("kind") if data.get("kind") in FileKind.values else kind_in(body)
    before = body.get(section_of(kind))
    before = before if isinstance(before, dict) else None
    fields = {name: spec for name, spec in (before or {}).items() if isinstance(spec, dict)}
    for name in KNOWN_FIELDS[kind]:
        if f"field-{name}" in data:
            fields[name] = _spec(fields.get(name, {}), data[f"field-{name}"], data.get(f"fixed-{name}", ""))
    file = body.get("file") if isinstance(body.get("file"), dict) else {}
    file = {k: v for k, v in file.items() if k not in ("whole", "branches", "pattern")}
    file |= {"whole": True} if data.get("mode") == "whole" else {}
    branches = data.getlist("branches")[:500]
    file |= {"branches": branches} if branches and kind == FileKind.CLIENTS else {}
    if pattern := data.get("pattern", "").strip()[:80]:
        file["pattern"] = pattern
    rest = {name: body[name] for name in ("balance", "check") if name in body and before is not None}
    return {
        **({"file": file} if file else {}),
        **rest,
        section_of(kind): {name: spec for name, spec in fields.items() if spec},
    }


def _spec(spec, column, fixed):
    if column == KEPT:
        return spec if not spec.get("column") and "constant" not in spec else {}
    if column:
        kept = ("values", "optional") if spec.get("column") == column else ()
        return {"column": column[:LONGEST], **{name: spec[name] for name in kept if name in spec}}
    return {"constant": fixed.strip()[:LONGEST]} if fixed.strip() else {}


def rows(body, headings):
    """A row per field of the kind: label, where it comes from, whether it is needed."""
    kind = kind_in(body)
    section = body.get(section_of(kind), {})
    for name in KNOWN_FIELDS[kind]:
        spec = section.get(name, {})
        column = spec.get("column", "")
        other = not column and any(way in spec for way in ("template", "invent"))
        yield {
            "name": name,
            "label": guess.LABELS[name],
            "needed": name in NEEDED[kind] or (name, kind) == ("opened_on", FileKind.HOLDINGS),
            "column": KEPT if other else column,
            "absent": bool(column and headings and column not in headings and not spec.get("optional")),
            "fixed": spec.get("constant", ""),
            "kept": _said(spec) if other else "",
            "words": bool(spec.get("values")),
        }


def _said(spec):
    return str(spec.get("template") or "")[:40]
