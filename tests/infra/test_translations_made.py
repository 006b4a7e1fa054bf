"""A fresh checkout has no compiled translations: the process that makes them reads them at once."""

import subprocess
import sys
from pathlib import Path

from rmflow import translations

SAY = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "rmflow.settings"
import django
django.setup()
from django.utils.translation import gettext
from rmflow import translations
from pathlib import Path
before = gettext("Mr {surname}")  # looked up, and kept, before there is a translation
translations.LOCALE = Path(sys.argv[1])
from django.conf import settings
settings.LOCALE_PATHS = [sys.argv[1]]
translations.compile_all()
print(before, gettext("Mr {surname}"), sep="|")
"""


def test_what_was_looked_up_before_is_read_anew(tmp_path):
    po = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    whole = (translations.LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po").read_text()
    po.write_text(whole.replace('msgid "Mr {surname}"\nmsgstr "', 'msgid "Mr {surname}"\nmsgstr "新'))
    said = subprocess.run(
        [sys.executable, "-c", SAY, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    before, after = said.stdout.strip().splitlines()[-1].split("|")
    assert before != after and after.startswith("新")
