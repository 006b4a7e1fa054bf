"""Loads of files: repeat-safe by hash and by key, whole or row by row, taken back; bad files said plainly."""

import csv
import datetime
import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from clients.actions import loads
from clients.importing import FileFault, Spoilt, parse_map, shipped, take
from clients.importing import run as importing_run
from clients.load_rules import FileKind, LoadSource, LoadState
from clients.models import Client, EvaluationRun, FileLoad, MonthlyBalance, Replaced, Scorecard
from rmflow.workflow import Conflict, Refused

pytestmark = pytest.mark.django_db
HEAD = ["客户号", "月份", "月日均"]
BODY = {
    "balances": {
        "customer_no": {"column": "客户号"},
        "month": {"column": "月份"},
        "amount": {"column": "月日均"},
    }
}
PEOPLE = {
    "client": {
        "customer_no": {"column": "客户号"},
        "name": {"column": "姓名"},
        "branch": {"constant": "0817"},
    }
}
MAP = parse_map("balances", BODY)
WHOLE = parse_map("balances", {**BODY, "file": {"whole": True}})
CLIENTS = parse_map("people", PEOPLE)
OCTOBER = datetime.date(2026, 10, 1)


@pytest.fixture
def two(person):
    return [person("陈美华", phone="", customer_no="C001"), person("王五", phone="", customer_no="C002")]


def text_file(path, rows, *, head=HEAD, encoding="utf-8", delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([head, *rows])
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def book(path, rows):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return path


def load(path, columns=MAP, kind=FileKind.BALANCES, **kwargs):
    return loads.load_file(path, columns, kind=kind, source=LoadSource.COMMAND, **kwargs)


def amounts():
    rows = MonthlyBalance.objects.order_by("client__customer_no", "month")
    return list(rows.values_list("client__customer_no", "month", "amount"))


def faults(outcome):
    return [(fault.row, fault.column) for fault in outcome.broken]


# -- what a load does ------------------------------------------------------------------------------


def test_balances_are_added_changed_and_left(two, tmp_path):
    load(text_file(tmp_path / "a.csv", [["C001", "2026-10", "86,400.00"], ["c002", "202610", "-12.5"]]))
    done, _ = load(
        text_file(tmp_path / "b.csv", [["C001", "2026-10-31", "1"], ["C002", "2026年10月", "-12.50"]])
    )
    assert (done.rows, done.new, done.changed, done.unchanged, done.refused) == (2, 0, 1, 1, 0)
    assert (done.state, done.month) == (LoadState.DONE, OCTOBER)
    assert amounts() == [("C001", OCTOBER, Decimal("1.00")), ("C002", OCTOBER, Decimal("-12.50"))]


def test_the_planner_knows_of_a_month_as_soon_as_it_is_loaded(two, tmp_path):
    """Else the evaluation that follows at once would read the whole month for each client."""
    load(text_file(tmp_path / "a.csv", [["C001", "2026-10", "1"], ["C002", "2026-10", "2"]]))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT most_common_vals::text FROM pg_stats"
            " WHERE tablename = 'clients_monthlybalance' AND attname = 'month'"
        )
        assert "2026-10-01" in cursor.fetchone()[0]


def test_the_same_file_does_nothing_twice_unless_asked(two, tmp_path):
    path = text_file(tmp_path / "a.csv", [["C001", "2026-10", "5"]])
    load(path)
    MonthlyBalance.objects.update(amount=7)
    assert load(path)[0].state == LoadState.REPEATED
    assert amounts()[0][2] == 7
    again, _ = load(path, again=True)
    assert (again.changed, amounts()[0][2]) == (1, 5)


def test_rows_that_cannot_be_taken_are_named(two, tmp_path):
    rows = [
        ["C001", "2026-10", "5"],
        ["C999", "2026-10", "5"],
        ["C002", "2026-13", "5"],
        ["C002", "2099-01", "5"],
        ["C002", "2026-10", ""],
        ["C002", "2026-10", "1" + "0" * 15],
        ["C002", "2026-10", "viel"],
    ]
    done, outcome = load(text_file(tmp_path / "a.csv", rows))
    assert faults(outcome) == [
        (3, "客户号"),
        (4, "月份"),
        (5, "月份"),
        (6, "月日均"),
        (7, "月日均"),
        (8, "月日均"),
    ]
    assert (done.new, done.refused) == (1, 6)


def test_a_file_taken_whole_is_refused_whole(two, tmp_path):
    path = text_file(tmp_path / "a.csv", [["C001", "2026-10", "5"], ["C999", "2026-10", "5"]])
    with pytest.raises(Spoilt) as spoilt:
        load(path, WHOLE)
    assert faults(spoilt.value.outcome) == [(3, "客户号")]
    assert amounts() == []
    assert FileLoad.objects.get().state == LoadState.FAILED


def test_a_client_twice_with_different_values_is_taken_neither_way(two, tmp_path):
    rows = [
        ["C001", "2026-10", "5"],
        ["C002", "2026-10", "5"],
        ["C001", "2026-10", "6"],
        ["C002", "2026-10", "5.00"],
    ]
    done, outcome = load(text_file(tmp_path / "a.csv", rows))
    assert faults(outcome) == [(2, "客户号"), (4, "客户号")]
    assert (done.new, done.unchanged, amounts()) == (1, 1, [("C002", OCTOBER, Decimal(5))])


# -- the other columns of a balance ------------------------------------------------------------------

FULL = [*HEAD, "月末资产", "中间业务收入", "存款月日均"]
CORE = next(m for m in shipped.maps() if m.name == "core-balances.toml")


def rest():
    """What October says of C001 beside the average."""
    return MonthlyBalance.objects.values_list("point_amount", "fee_income", "deposits").get(
        client__customer_no="C001", month=OCTOBER
    )


def test_the_month_end_the_fees_and_the_deposits_are_kept_changed_and_taken_back(two, tmp_path, admin_user):
    row = ["C001", "2026-10", "86,400", "81,000.50", "120", "-3"]
    done, _ = load(text_file(tmp_path / "a.csv", [row], head=FULL), CORE)
    assert (done.new, done.month) == (1, OCTOBER)
    assert rest() == (Decimal("81000.50"), Decimal(120), Decimal(-3))
    again, _ = load(tmp_path / "a.csv", CORE, again=True)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)
    other, _ = load(text_file(tmp_path / "b.csv", [[*row[:4], "240", ""]], head=FULL), CORE)
    assert (other.changed, rest()) == (1, (Decimal("81000.50"), Decimal(240), Decimal(-3)))
    loads.undo(other.pk, by=admin_user)
    assert rest() == (Decimal("81000.50"), Decimal(120), Decimal(-3))


def test_a_file_without_these_columns_leaves_them_as_they_are(two, tmp_path):
    load(text_file(tmp_path / "a.csv", [["C001", "2026-10", "5", "6", "7", "4"]], head=FULL), CORE)
    done, _ = load(text_file(tmp_path / "b.csv", [["C001", "2026-10", "9"]]), CORE)
    assert (done.changed, amounts()[0][2], rest()) == (1, 9, (6, 7, 4))


def test_the_same_client_with_other_fees_is_taken_neither_way(two, tmp_path):
    rows = [["C001", "2026-10", "5", "6", fee, "4"] for fee in ("7", "8")]
    _, outcome = load(text_file(tmp_path / "a.csv", rows, head=FULL), CORE)
    assert faults(outcome) == [(2, "客户号"), (3, "客户号")]


def test_only_a_column_that_is_not_needed_may_be_absent():
    amount = {"column": "月日均", "optional": True}
    for body in (
        {"balances": {**BODY["balances"], "amount": amount}},
        {"balances": {**BODY["balances"], "deposits": {"constant": "5", "optional": True}}},
        {"client": {**PEOPLE["client"], "occupation": {"column": "职业", "optional": True}}},
    ):
        with pytest.raises(FileFault, match="optional"):
            parse_map("map", body)


def test_an_optional_column_that_stands_twice_spoils_the_file(two, tmp_path):
    head = [*HEAD, "月末资产", "月末资产"]
    with pytest.raises(FileFault, match="twice"):
        load(text_file(tmp_path / "a.csv", [["C001", "2026-10", "5", "6", "7"]], head=head), CORE)


# -- undo --------------------------------------------------------------------------------------------


def test_an_undo_takes_back_exactly_what_the_load_did(two, tmp_path, admin_user):
    load(text_file(tmp_path / "a.csv", [["C001", "2026-10", "5"]]))
    before = amounts()
    second, _ = load(text_file(tmp_path / "b.csv", [["C001", "2026-10", "9"], ["C002", "2026-10", "8"]]))
    undone = loads.undo(second.pk, by=admin_user)
    assert undone.more["undone"] == {"removed": 1, "restored": 1, "kept": 0}
    assert amounts() == before
    assert load(tmp_path / "b.csv")[0].state == LoadState.DONE


def test_only_the_last_load_in_force_is_undone_and_once(two, tmp_path, admin_user, wealth):
    first, _ = load(text_file(tmp_path / "a.csv", [["C001", "2026-10", "5"]]))
    second, _ = load(text_file(tmp_path / "b.csv", [["C001", "2026-10", "9"]]))
    with pytest.raises(PermissionDenied):
        loads.undo(second.pk, by=wealth)
    with pytest.raises(Refused, match="last load"):
        loads.undo(first.pk, by=admin_user)
    loads.undo(second.pk, by=admin_user)
    with pytest.raises(Conflict):
        loads.undo(second.pk, by=admin_user)
    loads.undo(first.pk, by=admin_user)
    assert amounts() == [] and Replaced.objects.count() == 1


def test_a_load_an_evaluation_used_is_not_undone(two, tmp_path, admin_user):
    done, _ = load(text_file(tmp_path / "a.csv", [["C001", "2026-10", "5"]]))
    day = datetime.date(2026, 11, 2)
    EvaluationRun.objects.create(
        kind="monthly",
        month=OCTOBER,
        scorecard=Scorecard.objects.first(),
        effective_on=day,
        upgrades_on=day,
        cut_at=timezone.now(),
    )
    with pytest.raises(Refused, match="evaluation"):
        loads.undo(done.pk, by=admin_user)
    assert len(amounts()) == 1


@pytest.mark.django_db(transaction=True)  # or the load's history context still holds when the test writes
def test_a_load_of_clients_is_undone_but_for_those_somebody_works_with(two, tmp_path, admin_user, person):
    rows = [["C001", "陈新名"], ["C003", "赵六"], ["C004", "钱七"]]
    done, _ = load(text_file(tmp_path / "c.csv", rows, head=["客户号", "姓名"]), CLIENTS, FileKind.CLIENTS)
    assert (done.new, done.changed) == (2, 1)
    person("孙八", phone="", introducer=Client.objects.get(customer_no="C004"))
    undone = loads.undo(done.pk, by=admin_user)
    assert undone.more["undone"] == {"removed": 1, "restored": 1, "kept": 1}
    assert Client.objects.get(customer_no="C001").name == "陈美华"
    assert not Client.objects.filter(customer_no="C003").exists()
    assert Client.objects.filter(customer_no="C004").exists()


# -- bad files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_marks_encodings_and_semicolons_are_found_out(two, tmp_path, encoding):
    path = text_file(tmp_path / "a.csv", [["C001", "2026-10", "5"]], encoding=encoding, delimiter=";")
    assert load(path)[0].new == 1


def test_a_workbook_with_serial_days_and_formulas(two, tmp_path):
    rows = [HEAD, ["C001", 46305, 86400.1], ["C002", datetime.datetime(2026, 10, 31), "=1+1"]]
    _, outcome = load(book(tmp_path / "a.xlsx", rows))
    assert amounts() == [("C001", OCTOBER, Decimal("86400.10"))]
    assert faults(outcome) == [(3, "月日均")]
    assert "formula" in str(outcome.broken[0].reason)


def test_an_error_of_the_spreadsheet_spoils_its_row(two, tmp_path):
    _, outcome = load(book(tmp_path / "a.xlsx", [HEAD, ["C001", "2026-10", "#N/A"], ["C002", "2026-10", 3]]))
    assert faults(outcome) == [(2, "")]


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)


def no_book(path):
    path.write_bytes(b"PK\x03\x04 and nothing else")


def columns(path):
    path.write_text(",".join(["c"] * 1_000_000) + "\n1\n")


def one_line(path):
    path.write_text("x" * 3_000_000)


BAD = {
    "zip bomb": (bomb, "unpacks"),
    "no workbook": (no_book, "opened"),
    "a million columns": (columns, "columns|too long"),
    "one long line": (one_line, "too long"),
    "empty": (lambda p: p.write_bytes(b""), "empty"),
    "headings twice": (lambda p: p.write_text("客户号,月份,月日均,月日均\nC001,2026-10,5,6\n"), "twice"),
    "no headings": (lambda p: p.write_text("C001,13812345678,5\n"), "headings"),
    "a column missing": (lambda p: p.write_text("客户号,月份\nC001,2026-10\n"), "月日均"),
    "NUL in the headings": (lambda p: p.write_bytes("客户号,月\0份,月日均\n".encode()), "stored"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_table_is_refused_in_plain_words(two, tmp_path, name):
    make, words = BAD[name]
    path = tmp_path / ("a.xlsx" if "zip" in name or "workbook" in name else "a.csv")
    make(path)
    with pytest.raises(FileFault, match=words):
        load(path)
    assert FileLoad.objects.get().state == LoadState.FAILED


def test_nul_and_endless_rows_spoil_only_themselves(two, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(
        "客户号,月份,月日均\nC0\0,2026-10,5\n".encode() + b"x" * 2_500_000 + b"\nC001,2026-10,5\n"
    )
    _, outcome = load(path)
    assert [row for row, _column in faults(outcome)] == [2, 3]
    assert len(amounts()) == 1


def test_a_file_changed_while_it_is_read_is_not_loaded(two, tmp_path):
    path = text_file(tmp_path / "a.csv", [["C001", "2026-10", "5"]])

    def meddle(*_):
        with path.open("a") as file:
            file.write("C002,2026-10,5\n")

    with pytest.raises(FileFault, match="changed while"):
        take(path, MAP, progress=meddle)
    assert amounts() == []


# -- the commands ------------------------------------------------------------------------------------


def test_the_commands_load_tell_and_take_back(two, tmp_path, capsys, admin_user):
    column_map = tmp_path / "map.toml"
    column_map.write_text(
        '[balances]\ncustomer_no = {column = "客户号"}\nmonth = {column = "月份"}\namount = {column = "月日均"}\n'
    )
    path = text_file(tmp_path / "a.csv", [["C001", "2026-10", "5"], ["C9", "2026-10", "5"]])
    errors = tmp_path / "errors.csv"
    for _turn in range(2):
        call_command("import_balances", str(path), map=str(column_map), errors=str(errors), no_progress=True)
    said = capsys.readouterr().out
    assert "2 rows: 1 new, 0 changed, 0 unchanged, 1 left out" in said and "loaded before" in said
    assert "3,客户号," in errors.read_text(encoding="utf-8-sig")
    number = FileLoad.objects.get(state=LoadState.DONE).pk
    call_command("undo_load", number, by=admin_user.employee_no)
    assert "1 removed, 0 restored, 0 kept" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("undo_load", number, by=admin_user.employee_no)
    with pytest.raises(CommandError, match="another kind"):
        call_command("import_balances", str(path), map="bank-marketing", no_progress=True)


def test_loading_costs_the_same_statements_however_many_rows(two, tmp_path, django_assert_max_num_queries):
    rows = [["C001", f"{2000 + n // 12}-{n % 12 + 1:02d}", str(n)] for n in range(240)]
    path = text_file(tmp_path / "a.csv", rows)
    with django_assert_max_num_queries(40):
        assert load(path)[0].new == 240
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'file_%%' AND schemaname LIKE 'pg_temp%%'"
        )
        assert cursor.fetchone()[0] == 0
    assert set(importing_run.KINDS) == set(FileKind)
