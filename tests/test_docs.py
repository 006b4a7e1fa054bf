"""The documents speak of this tree: each path they name is there."""

import re
from pathlib import Path

import pytest

from rmflow.portal import navigation
from rmflow.portal.demo import people as people_of

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


def test_each_account_of_the_readme_begins_where_it_says():
    people = [*people_of.ABOVE, *(row for rows in people_of.FULL.values() for row in rows)]
    home = {number: navigation.ITEMS[navigation.RAIL[role][0]].url for number, _name, role, _place in people}
    said = {}
    for line in (ROOT / "README.md").read_text().splitlines():
        cells = line.split("|")
        if len(cells) == 6 and (accounts := re.findall(r"`(\w+1)`", cells[1])):
            said |= dict.fromkeys(accounts, re.search(r"`(/[\w/-]*)`", cells[3])[1])
    assert said == {
        number: url for number, url in home.items() if number.endswith("1") and number[0].isalpha()
    }
