"""A definition in sentences: what a list of segments and the head of a segment's page say."""

from django.utils.translation import gettext as _

from .fields import FIELDS
from .rules import MANY, NOTHING, TWO, Match, Op

SHOWN = 6  # values named in a sentence


def describe(definition, staff):
    """[{"match": word, "conditions": [sentence]}] and the word between the groups."""
    names = {}
    return {
        "match": _("and") if definition["match"] == Match.ALL else _("or"),
        "groups": [
            {
                "match": _("and") if group["match"] == Match.ALL else _("or"),
                "conditions": [sentence(row, staff, names) for row in group["conditions"]],
            }
            for group in definition["groups"]
        ],
    }


def sentence(row, staff, names=None):
    """层级 是 金卡、白金; what is gone is said to be gone."""
    field, op, values = FIELDS.get(row["field"]), row["op"], row["values"]
    if field is None:
        return _("Something that is no longer on record")
    if op in NOTHING:
        return f"{field.label} {Op(op).label}"
    if op in MANY:
        said = _said(row["field"], field, values, staff, {} if names is None else names)
        return f"{field.label} {Op(op).label} {said}"
    unit = f" {field.unit}" if field.unit and op not in DAYS_SAID else ""
    if op in TWO:
        return _("{field} from {low} to {high}{unit}").format(
            field=field.label, low=_figure(values[0]), high=_figure(values[1]), unit=unit
        )
    if op in DAYS_SAID:
        return DAYS_SAID[op]().format(field=field.label, n=_figure(values[0]))
    return f"{field.label} {Op(op).label} {_figure(values[0])}{unit}"


DAYS_SAID = {
    Op.LAST_DAYS: lambda: _("{field} within the last {n} days"),
    Op.OLDER_DAYS: lambda: _("{field} more than {n} days ago"),
    Op.NEXT_DAYS: lambda: _("{field} within the next {n} days"),
}


def _figure(value):
    return f"{value:,}" if isinstance(value, int) else str(value)


def _said(key, field, values, staff, names):
    if key not in names:
        names[key] = {str(code): str(label) for code, label in field.options(staff)}
    words = [names[key].get(value, _("somebody elsewhere")) for value in values]
    more = _(" and {n} more").format(n=len(words) - SHOWN) if len(words) > SHOWN else ""
    return _(", ").join(words[:SHOWN]) + more
