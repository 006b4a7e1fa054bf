"""Every text of the house as it stands in the code and the templates, found without gettext's tools."""

import ast
import re
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CODE = ("rmflow", "clients", "followups", "referrals", "complaints", "maintenance")
#: function → (place of the context, place of the text, place of the plural); None = it has none.
SPEAKERS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}
#: A call that `templatize` makes of a template's tag, between the X'es it makes of the rest.
LITERAL = r"""u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
CALL = re.compile(rf"(?<!\w)(?:_|n?p?gettext)\(\s*{LITERAL}(?:\s*,\s*{LITERAL})*", re.DOTALL)


def texts():
    """{(context or None, text): where it stands first} of all code and templates."""
    found = {}
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                _take(found, path, ast.parse(path.read_text()))
    for path in sorted(ROOT.glob("**/templates/**/*.*")):
        if path.suffix in (".html", ".txt") and not {".venv", "var", "bench"} & set(path.parts):
            for call in CALL.findall(templatize(path.read_text(), origin=str(path))):
                _take(found, path, ast.parse(call + ")"))
    return found


def _take(found, path, tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (places := SPEAKERS.get(_name(node.func))):
            context, text, _plural = (
                None if at is None or at >= len(node.args) else _constant(node.args[at]) for at in places
            )
            if text:
                found.setdefault((context, text), f"{path.relative_to(ROOT)}:{node.lineno}")


def _name(function):
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _constant(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
