"""The builder's state between two clicks: what was typed, as it was typed, whatever is wrong with it."""

from .fields import offered
from .rules import DAYS, LONGEST, MANY, MOST_CONDITIONS, MOST_GROUPS, NOTHING, TWO, Kind, Match


def of_definition(definition):
    """The state of a saved definition, values as text; what cannot be read begins empty."""
    groups = definition.get("groups") or [_group()]
    return {
        "match": _match(definition.get("match")),
        "groups": [
            {
                "match": _match(group.get("match")),
                "conditions": [
                    {**row, "values": [str(value) for value in row.get("values", ())]}
                    for row in group.get("conditions", ())
                ],
            }
            for group in groups
        ],
    }


def of_post(data):
    """The state in a posted form; at most what a definition may hold."""
    groups = []
    for g in range(MOST_GROUPS):
        if f"g{g}-match" not in data:
            break
        rows = []
        for c in range(MOST_CONDITIONS):
            key = f"g{g}c{c}"
            if f"{key}-field" not in data:
                break
            field = data[f"{key}-field"]
            same = data.get(f"{key}-was", field) == field  # another field begins empty
            values = [text[:LONGEST] for text in data.getlist(f"{key}-value")[:200]] if same else []
            op = data.get(f"{key}-op", "") if same else ""
            rows.append({"field": field, "op": op, "values": values})
        groups.append({"match": _match(data.get(f"g{g}-match")), "conditions": rows})
    return {"match": _match(data.get("match")), "groups": groups or [_group()]}


def _match(text):
    return text if text in Match.values else Match.ALL.value


def _group():
    return {"match": Match.ALL.value, "conditions": []}


def change(state, what):
    """The state after `add-group`, `drop-group-0`, `add-0` (a condition) or `drop-0-1`."""
    words = what.split("-")
    numbers = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 3]
    groups = state["groups"]
    if what == "add-group":
        groups.append(_group())
        numbers = [len(groups) - 1]
    elif words[:2] == ["drop", "group"] and numbers and numbers[0] < len(groups):
        del groups[numbers[0]]
        groups = groups or [_group()]
        return {**state, "groups": groups}
    elif words[0] == "drop" and len(numbers) == 2 and numbers[0] < len(groups):
        del groups[numbers[0]]["conditions"][numbers[1] : numbers[1] + 1]
        return state
    if words[0] == "add" and len(numbers) == 1 and numbers[0] < len(groups):
        groups[numbers[0]]["conditions"].append({"field": "", "op": "", "values": []})
    return state


def definition(state, staff):
    """What the state says, to be checked; rows where nothing was chosen yet are left out."""
    fields = offered(staff)
    return {
        "match": state["match"],
        "groups": [
            {
                **group,
                "conditions": [
                    {
                        **row,
                        "op": _op(fields[row["field"]], row["op"]) if row["field"] in fields else row["op"],
                    }
                    for row in group["conditions"]
                    if row["field"]
                ],
            }
            for group in state["groups"]
        ],
    }


def _op(field, op):
    """The operator asked for, or the first the field knows."""
    return str(op if op in field.ops else field.ops[0])


def picture(state, staff, errors):
    """The state with what the page needs: operators and values on offer, messages beside each row.

    `errors` counts rows as `definition` does, without those where nothing was chosen.
    """
    fields = offered(staff)
    return {
        **state,
        "groups": [
            {
                **group,
                "key": f"g{g}",
                "error": errors.get(f"g{g}"),
                "rows": _rows(g, group["conditions"], fields, staff, errors),
                "full": len(group["conditions"]) >= MOST_CONDITIONS,
            }
            for g, group in enumerate(state["groups"])
        ],
        "full": len(state["groups"]) >= MOST_GROUPS,
        "several": len(state["groups"]) > 1,
    }


def _rows(g, rows, fields, staff, errors):
    place = 0
    for c, row in enumerate(rows):
        field = fields.get(row["field"])
        shown = {"key": f"g{g}c{c}", "number": c + 1, "field": row["field"], "drop": f"drop-{g}-{c}"}
        if field is not None:
            op = _op(field, row["op"])
            shown |= {
                "ops": [(code.value, code.label) for code in field.ops],
                "op": op,
                "error": errors.get(f"g{g}c{place}"),
                **_values(field, op, row["values"], staff),
            }
        place += bool(row["field"])
        yield shown


def _values(field, op, values, staff):
    """How the values are asked for: chips, nothing, days, or one or two inputs."""
    if op in NOTHING:
        return {"ask": ""}
    if op in MANY:
        return {
            "ask": "codes",
            "choices": [(str(code), label, str(code) in values) for code, label in field.options(staff)],
        }
    kind = "days" if op in DAYS else "date" if field.kind == Kind.DATE else "number"
    kind = "text" if field.kind == Kind.TEXT else kind
    wanted = 2 if op in TWO else 1
    return {
        "ask": kind,
        "inputs": list(enumerate(([*values, "", ""])[:wanted])),
        "unit": field.unit if op not in DAYS else "",
        "signed": field.least < 0 and op not in DAYS,
    }
