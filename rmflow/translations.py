"""Compile the translations in Python: a fresh machine has no gettext programs."""

import os
from pathlib import Path

import polib
from django.utils.translation.reloader import translation_file_changed

LOCALE = Path(__file__).resolve().parent / "locale"


def compile_all() -> int:
    """Make each .mo that is missing or older than its .po; the number made.

    What this process has looked up before is forgotten: the demo data made next stand in Chinese.
    """
    made = 0
    for po in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        draft = mo.with_suffix(f".{os.getpid()}")
        polib.pofile(str(po)).save_as_mofile(str(draft))
        draft.replace(mo)
        translation_file_changed(None, mo)
        made += 1
    return made
