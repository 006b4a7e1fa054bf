"""`manage.py workdays`: the deadline first, the counted days below."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def run(*arguments):
    out = io.StringIO()
    call_command("workdays", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_first_line_is_the_deadline_and_the_count_stands_below():
    lines = run("2026-02-13", "7").splitlines()
    assert lines[0] == "2026-03-02"
    counted = [line.split() for line in lines[1:] if line.split()[0] != "-"]
    assert [words[0] for words in counted] == ["1", "2", "3", "4", "5", "6", "7"]
    assert [words[1] for words in counted] == [
        "2026-02-14",
        "2026-02-24",
        "2026-02-25",
        "2026-02-26",
        "2026-02-27",
        "2026-02-28",
        "2026-03-02",
    ]
    (holiday,) = [line for line in lines if "Spring Festival" in line and line.split()[0] == "-"]
    assert "2026-02-15" in holiday
    assert "2026-02-23" in holiday


@pytest.mark.django_db
def test_json_holds_the_same():
    answer = json.loads(run("2026-02-13", "7", "--json"))
    assert (answer["received"], answer["deadline"], answer["working_days"]) == ("2026-02-13", "2026-03-02", 7)
    assert [day["number"] for day in answer["counted"]] == [1, 2, 3, 4, 5, 6, 7]
    assert len(answer["trail"]) == 18
    assert answer["provisional"] is False


@pytest.mark.django_db
def test_a_provisional_deadline_says_so():
    lines = run("2026-12-30", "3").splitlines()
    assert lines[0] == "2027-01-05"
    assert "Provisional: 2027 holidays not announced yet" in lines[1]
    assert json.loads(run("2026-12-30", "3", "--json"))["provisional_year"] == 2027


@pytest.mark.django_db
def test_no_days_is_the_day_itself_and_full_width_digits_are_read():
    assert run("2026-02-13", "0").splitlines() == ["2026-02-13"]
    assert run("２０２６-０２-１３", "７").startswith("2026-03-02\n")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("received", "days", "message"),
    [
        ("2028-12-28", "7", "2029 has no calendar"),
        ("1990-01-05", "7", "1990 has no calendar"),
        ("9999-12-31", "1", "10000 has no calendar"),
        ("tomorrow", "7", "is not a date"),
        ("2026-02-30", "7", "is not a date"),
        ("2026-02-13", "-7", "is not a number of working days"),
        ("2026-02-13", "1.5", "is not a number of working days"),
        ("2026-02-13", "9" * 5000, "is not a number of working days"),
    ],
)
def test_what_cannot_be_answered_is_said_plainly(received, days, message):
    with pytest.raises(CommandError, match=message):
        call_command("workdays", "--", received, days)


@pytest.mark.django_db(transaction=True)
def test_a_missing_year_exits_with_one_and_a_message():
    command = [sys.executable, "manage.py", "workdays", "2028-12-28", "7"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert "2029" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
