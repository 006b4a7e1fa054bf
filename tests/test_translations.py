"""The Chinese catalogue is whole: nothing missing or empty, nothing fuzzy, the same placeholders on both sides."""

import re
from pathlib import Path

import polib

from tests import sources

CATALOGUE = Path(__file__).resolve().parent.parent / "rmflow/locale/zh_Hans/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}|%\((\w+)\)[sd]|%([sd])")


def entries():
    return [entry for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete]


def placeholders(text):
    return {name or percent or plain for name, percent, plain in PLACEHOLDER.findall(text)}


def test_nothing_is_left_in_english():
    empty = [
        entry.msgid
        for entry in entries()
        if not (all(entry.msgstr_plural.values()) if entry.msgid_plural else entry.msgstr)
    ]
    assert not empty, f"{len(empty)} without a translation: {empty[:20]}"


def test_every_text_of_code_and_templates_is_in_the_catalogue():
    known = {(entry.msgctxt, entry.msgid) for entry in entries()}
    found = sources.texts()
    assert len(found) > 3000
    missing = [
        f"{where} {text!r}" for (context, text), where in found.items() if (context, text) not in known
    ]
    assert not missing, "\n".join(missing)


def test_nothing_is_fuzzy():
    assert not [entry.msgid for entry in entries() if entry.fuzzy]


def test_each_translation_has_the_placeholders_of_its_source():
    wrong = []
    for entry in entries():
        meant = placeholders(entry.msgid) | placeholders(entry.msgid_plural or "")
        for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            # a plural may leave its number out of the singular; nothing may be invented or lost otherwise
            if text and placeholders(text) != meant:
                wrong.append((entry.msgid, text))
    assert not wrong, wrong


def test_nothing_is_said_in_html():
    assert not [entry.msgstr for entry in entries() if "<" in entry.msgstr and "<" not in entry.msgid]
