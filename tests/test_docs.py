"""The documents speak of this tree: each path they name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"`((?:tests|clients|followups|referrals|rmflow|docs|static|templates)/[\w./-]*)`")
SHOWN = re.compile(r"\((docs/[\w./-]+)\)")


@pytest.mark.parametrize("document", ["README.md", "docs/workflow.md"])
def test_every_path_a_document_names_exists(document):
    text = (ROOT / document).read_text()
    named = {*NAMED.findall(text), *SHOWN.findall(text)}
    assert named
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_requirement_of_the_map_names_its_test():
    rows = [line for line in (ROOT / "docs/workflow.md").read_text().splitlines() if line.startswith("| ")]
    assert len(rows) > 20
    assert [row for row in rows[1:] if "`tests/" not in row] == []
