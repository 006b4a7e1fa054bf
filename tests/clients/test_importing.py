"""The import: a second run changes nothing, broken rows are named, broken files refused, nothing leaks."""

import csv
import datetime
import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from clients.importing import FileFault, import_clients, read_map
from clients.models import Client, MonthlyBalance
from rmflow.privacy.models import AccessEvent
from tests.privacy.canary import CANARY, assert_absent

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent / "data"
SAMPLE = DATA / "bank-marketing-40.csv"
MARKETING = Path(settings.BASE_DIR) / "clients/maps/bank-marketing.toml"
PEOPLE = DATA / "people.toml"
HEAD = ["客户号", "姓名", "性别", "出生日期", "职业", "证件号码", "手机", "住址", "机构号", "月日均"]
GOOD = ["C0001", "陈美华", "女", "1974-03-28", "企业主", "", "138 1234 5678", "", "0817", "86,400.00"]
#: The whole file lies beside a checkout, never in it.
WHOLE = next(
    (p for p in (up / "shared/data/bank-marketing.csv" for up in settings.BASE_DIR.parents) if p.exists()),
    None,
)


def row(number, **changes):
    cells = dict(zip(HEAD, GOOD, strict=True)) | {"客户号": f"C{number:04d}"} | changes
    return [cells[name] for name in HEAD]


def write(path, rows, *, encoding="utf-8", delimiter=",", head=HEAD):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerows([head, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.fixture
def take(branches, notice):
    """A function that imports rows, or a file, by the map of the core system."""

    def run(rows_or_path, column_map=PEOPLE, **kwargs):
        kwargs.setdefault("branches", [] if column_map == PEOPLE else ["0817"])
        return import_clients(rows_or_path, read_map(column_map), **kwargs)

    return run


def state():
    """Every byte the import may write, history included."""
    with connection.cursor() as cursor:
        tables = []
        for table in (
            "clients_client",
            "clients_clienthistory",
            "clients_monthlybalance",
            "clients_timelineentry",
        ):
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            tables.append(cursor.fetchall())
    return tables


# -- the marketing file ---------------------------------------------------------------------------


def test_each_row_of_the_marketing_file_becomes_a_person(take):
    outcome = take(SAMPLE, MARKETING)
    assert (outcome.rows, outcome.new, outcome.balances_new, outcome.broken) == (40, 40, 40, [])
    first = Client.objects.get(customer_no="BM00000001")
    assert first.name and first.pinyin and first.initials
    assert first.occupation == "办事人员"
    assert first.branch.code == "0817"
    assert not first.phone
    balance = MonthlyBalance.objects.get(client=first)
    with SAMPLE.open() as file:
        assert balance.amount == Decimal(next(csv.DictReader(file))["balance"])
    assert balance.month == datetime.date(2026, 10, 1)
    assert balance.label


def test_a_second_run_changes_nothing(take):
    take(SAMPLE, MARKETING)
    before = state()
    outcome = take(SAMPLE, MARKETING)
    assert (outcome.new, outcome.changed, outcome.unchanged) == (0, 0, 40)
    assert (outcome.balances_new, outcome.balances_changed) == (0, 0)
    assert state() == before


def test_names_are_invented_the_same_way_each_time():
    from clients.importing.invented import person

    assert [person(n) for n in range(1, 200)] == [person(n) for n in range(1, 200)]
    assert len({person(n)[0] for n in range(1, 2000)}) > 1700
    assert {person(n)[1] for n in range(1, 50)} == {"madam", "sir"}


def test_several_branches_take_rows_in_turn(take):
    take(SAMPLE, MARKETING, branches=["0817", "0818"])
    assert Client.objects.filter(branch__code="0818").count() == 20


def test_history_says_which_import_it_was(take):
    take(SAMPLE, MARKETING)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT c.id), min(c.metadata->>'command'), min(c.metadata->>'map')"
            " FROM clients_clienthistory h JOIN pghistory_context c ON c.id = h.pgh_context_id"
        )
        assert cursor.fetchone() == (40, 1, "import_clients", "bank-marketing.toml")
    event = AccessEvent.objects.get(kind="import")
    assert (event.rows, event.object_type) == (40, "clients.client")


if WHOLE:

    def test_the_whole_marketing_file_loads_and_a_second_run_changes_nothing(take):
        outcome = take(WHOLE, MARKETING)
        assert (outcome.rows, outcome.new, outcome.broken) == (45_211, 45_211, [])
        assert Client.objects.count() == MonthlyBalance.objects.count() == 45_211
        again = take(WHOLE, MARKETING)
        assert (again.new, again.changed, again.balances_new, again.balances_changed) == (0, 0, 0, 0)


# -- a hundred broken rows of ten kinds -------------------------------------------------------------

BREAKS = {
    "job": lambda cells: cells.__setitem__(1, "astronaut"),
    "marital": lambda cells: cells.__setitem__(2, "MARRIED?"),
    "education": lambda cells: cells.__setitem__(3, ""),
    "balance": lambda cells: cells.__setitem__(5, "12e3x"),
    "age": lambda cells: cells.__setitem__(0, "999"),
    "day": lambda cells: cells.__setitem__(9, "32"),
    "month": lambda cells: cells.__setitem__(10, "Brumaire"),
    "loan": lambda cells: cells.__setitem__(7, "no\x00"),
    "": lambda cells: cells.pop(),
    "duration": lambda cells: cells.__setitem__(11, "２.5"),
}


def test_a_hundred_broken_rows_of_ten_kinds_are_named_and_the_rest_is_loaded(take, tmp_path):
    with SAMPLE.open() as file:
        head, *rows = list(csv.reader(file))
    rows = [list(rows[n % 40]) for n in range(300)]
    expected = {}
    for n, (column, spoil) in enumerate(list(BREAKS.items()) * 10):
        spoil(rows[n * 3])
        expected[n * 3 + 2] = column  # the heading is row 1
    path = tmp_path / "broken.csv"
    path.write_text("\n".join(",".join(cells) for cells in [head, *rows]) + "\n")
    outcome = take(path, MARKETING)
    assert {fault.row: fault.column for fault in outcome.broken} == expected
    assert all(fault.reason for fault in outcome.broken)
    assert outcome.new == Client.objects.count() == 200
    assert Client.objects.filter(customer_no="BM00000002").exists()
    assert not Client.objects.filter(customer_no="BM00000001").exists()


BAD_CELLS = {
    "no name": ("姓名", ""),
    "a long name": ("姓名", "长" * 51),
    "no number": ("客户号", ""),
    "a strange number": ("客户号", "C 1; DROP TABLE"),
    "an unknown code": ("性别", "X"),
    "no date": ("出生日期", "1974-02-30"),
    "born tomorrow": ("出生日期", "2999-01-01"),
    "a wrong check digit": ("证件号码", "520103198811172370"),
    "a short phone": ("手机", "1381234567"),
    "a name for a phone": ("手机", "陈美华"),
    "no such branch": ("机构号", "9999"),
    "no amount": ("月日均", "many"),
    "too much": ("月日均", "1" + "0" * 20),
    "NUL": ("职业", "企\x00业主"),
}


@pytest.mark.parametrize("kind", BAD_CELLS)
def test_a_bad_cell_is_named_by_row_and_column_and_its_value_kept_out(take, tmp_path, kind):
    column, value = BAD_CELLS[kind]
    path = write(tmp_path / "people.csv", [row(1), row(2, **{column: value}), row(3)])
    outcome = take(path)
    assert outcome.new == 2
    (fault,) = outcome.broken
    assert (fault.row, fault.column) == (3, column)
    assert not value or value not in str(fault.reason)


def test_a_number_twice_in_one_file_is_taken_once(take, tmp_path):
    outcome = take(write(tmp_path / "people.csv", [row(1), row(1, 姓名="王芳"), row(2)]))
    assert [(f.row, f.column) for f in outcome.broken] == [(3, "客户号")]
    assert Client.objects.get(customer_no="C0001").name == "陈美华"


def test_a_phone_without_a_basis_is_not_kept(take, tmp_path):
    bare = tmp_path / "bare.toml"
    bare.write_text(PEOPLE.read_text().replace('constant = "contract"', 'constant = ""'))
    outcome = take(write(tmp_path / "people.csv", [row(1), row(2, 手机="")]), bare, branches=[])
    assert [(f.row, f.column) for f in outcome.broken] == [(2, "手机")]


def test_an_id_number_of_somebody_else_is_left_out_and_a_prospect_gets_the_number(take, tmp_path, person):
    prospect = person("金丝雀", phone="", id_number=CANARY.id_number)
    person("王五", phone="", id_number="52010319900101001X", customer_no="C9999")
    rows = [
        row(1, 证件号码=CANARY.id_number),
        row(2, 证件号码="52010319900101001X"),
        row(3, 证件号码=CANARY.id_number),
    ]
    outcome = take(write(tmp_path / "people.csv", rows))
    assert sorted((f.row, f.column) for f in outcome.broken) == [(3, "证件号码"), (4, "证件号码")]
    prospect.refresh_from_db()
    assert (prospect.customer_no, outcome.matched, outcome.new) == ("C0001", 1, 0)


# -- a second file changes only what differs ---------------------------------------------------------


def test_only_what_differs_is_written(take, tmp_path):
    rows = [
        row(1, 证件号码=CANARY.id_number, 手机=CANARY.phone, 住址=CANARY.address),
        row(2, 手机="13900001111"),
        row(3),
    ]
    take(write(tmp_path / "a.csv", rows))
    before = state()
    assert take(tmp_path / "a.csv").changed == 0
    assert state() == before
    rows[1] = row(2, 手机="13900002222", 职业="")
    rows[0][HEAD.index("住址")] = "贵州省贵阳市南明区另一条街"
    outcome = take(write(tmp_path / "b.csv", rows))
    assert (outcome.new, outcome.changed, outcome.unchanged) == (0, 2, 1)
    second = Client.objects.get(customer_no="C0002")
    assert (second.phone, second.occupation) == ("13900002222", "企业主")
    first = Client.objects.get(customer_no="C0001")
    assert first.address == "贵州省贵阳市南明区另一条街"
    assert (first.phone, first.id_number) == (CANARY.phone, CANARY.id_number)
    assert second.history.count() == 2
    assert Client.objects.get(customer_no="C0003").history.count() == 1


def test_type_branch_and_manager_are_decided_in_the_house(take, tmp_path, branches, wealth):
    take(write(tmp_path / "a.csv", [row(1)]))
    Client.objects.update(branch=branches["second"], owner=wealth, type="ordinary")
    assert take(tmp_path / "a.csv").changed == 0
    client = Client.objects.get()
    assert (client.branch, client.owner, client.type) == (branches["second"], wealth, "ordinary")


def test_a_new_balance_replaces_the_month(take, tmp_path):
    take(write(tmp_path / "a.csv", [row(1)]))
    outcome = take(write(tmp_path / "b.csv", [row(1, 月日均="1,000.005")]))
    assert (outcome.changed, outcome.balances_changed) == (0, 1)
    assert MonthlyBalance.objects.get().amount == Decimal("1000.01")


def test_nothing_personal_is_stored_in_the_clear_or_told(take, tmp_path, capsys):
    rows = [row(1, 证件号码=CANARY.id_number, 手机=CANARY.phone, 住址=CANARY.address)]
    rows.append(row(2, 手机=CANARY.phone + "9", 住址=CANARY.address, 证件号码=CANARY.id_number[:-1]))
    errors = tmp_path / "errors.csv"
    write(tmp_path / "people.csv", rows)
    call_command("import_clients", str(tmp_path / "people.csv"), map=str(PEOPLE), errors=str(errors))
    out = capsys.readouterr()
    assert_absent(*map(str, state()), out.out, out.err, errors.read_bytes(), where="the import")
    assert Client.objects.get().masked_phone == "191****4329"


# -- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_separator_are_found_out(take, tmp_path, encoding, delimiter):
    path = write(tmp_path / "people.csv", [row(1), row(2)], encoding=encoding, delimiter=delimiter)
    assert take(path).new == 2
    assert Client.objects.get(customer_no="C0002").name == "陈美华"


def test_a_workbook_is_read_like_a_csv(take, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEAD)
    cells = row(1)
    cells[3], cells[6], cells[9] = datetime.datetime(1974, 3, 28), 13812345678, 86400.5
    sheet.append(cells)
    sheet.append(row(2, 手机="110"))
    sheet.append([None] * len(HEAD))
    book.save(tmp_path / "people.xlsx")
    outcome = take(tmp_path / "people.xlsx")
    assert (outcome.rows, outcome.new, [(f.row, f.column) for f in outcome.broken]) == (2, 1, [(3, "手机")])
    client = Client.objects.get()
    assert (client.birth_date, client.phone) == (datetime.date(1974, 3, 28), "13812345678")
    assert client.balances.get().amount == Decimal("86400.50")
    assert take(tmp_path / "people.xlsx").changed == 0


def test_damaged_lines_spoil_only_themselves(take, tmp_path):
    good = [
        ",".join(cells).encode().replace(b",86,400.00", b",86400") for cells in (row(n) for n in range(1, 6))
    ]
    bad_bytes = good[1].replace("企业主".encode(), b"\xff\xfe")
    open_quote = b'"' + good[3]
    lines = [",".join(HEAD).encode(), good[0], bad_bytes, good[2], open_quote, good[4], b"", b"x,y"]
    (tmp_path / "people.csv").write_bytes(b"\r\n".join(lines) + b"\r\n")
    outcome = take(tmp_path / "people.csv")
    assert [fault.row for fault in outcome.broken] == [3, 5, 8]
    assert sorted(Client.objects.values_list("customer_no", flat=True)) == ["C0001", "C0003", "C0005"]


def test_a_cell_may_run_over_lines(take, tmp_path):
    outcome = take(write(tmp_path / "people.csv", [row(1, 职业="企业\n主"), row(2, 月日均="x")]))
    assert [(f.row, f.column) for f in outcome.broken] == [(4, "月日均")]
    assert Client.objects.get().occupation == "企业 主"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xff\xfea\x00", "UTF-16"),
        ("客户号,姓名\n1,2\n".encode(), "no column: 住址"),
        (",".join([*HEAD, "手机"]).encode() + b"\n", "twice: 手机"),
        (b"PK\x03\x04 no workbook", "workbook"),
    ],
)
def test_a_file_that_is_no_table_is_refused_whole(take, tmp_path, content, words):
    (tmp_path / "people.csv").write_bytes(content)
    with pytest.raises(FileFault, match=words):
        take(tmp_path / "people.csv")
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[client", "TOML"),
        ("[client.name]\nconstant='x'", "customer number"),
        ("[client.customer_no]\ncolumn='a'\nconstant='b'", "exactly one"),
        ("[client.customer_no]\ntemplate='{row.__class__}'", "template"),
        ("[client.shoe_size]\ncolumn='a'", "no field"),
        ("[client.customer_no]\ninvent='number'", "invent"),
        ("[client.customer_no]\ncolumn='a'\n[balance]\ncolumn='b'\nmonth='soon'", "month"),
        ("[clients.name]\ncolumn='a'", "Unknown"),
    ],
)
def test_a_map_that_cannot_be_followed_is_refused(tmp_path, text, words):
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(FileFault, match=words):
        read_map(tmp_path / "map.toml")


# -- the command ----------------------------------------------------------------------------------------


def test_the_command_tells_what_it_did_and_lists_the_rest(branches, notice, tmp_path, capsys):
    path = write(tmp_path / "people.csv", [row(1), row(2, 手机="138")])
    call_command("import_clients", str(path), map=str(PEOPLE), errors=str(tmp_path / "out/errors.csv"))
    out = capsys.readouterr()
    assert "2 rows: 1 new, 0 changed, 0 unchanged, 1 left out" in out.out
    assert "100%" in out.err
    with (tmp_path / "out/errors.csv").open(encoding="utf-8-sig") as file:
        assert [(line["row"], line["column"]) for line in csv.DictReader(file)] == [("3", "手机")]


def test_the_command_knows_the_shipped_maps_by_name(branches, capsys):
    call_command("import_clients", str(SAMPLE), map="bank-marketing", branch=["0817"], no_progress=True)
    assert "40 new" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"branch": ["0000"]}, "0000"), ({}, "--branch"), ({"map": "nowhere.toml"}, "No such file")],
)
def test_the_command_says_plainly_what_is_wrong(branches, wrong, words):
    with pytest.raises(CommandError, match=words):
        call_command("import_clients", str(SAMPLE), **{"map": "bank-marketing", "no_progress": True, **wrong})


def test_history_is_written_without_raising_an_error_a_row(branches, person):
    """Without a context the trigger asks politely; with one it writes the context once."""
    import pghistory

    client = person()
    with pghistory.context(reason="a test"):
        Client.objects.filter(pk=client.pk).update(occupation="教师")
        Client.objects.filter(pk=client.pk).update(occupation="医生")
    contexts = list(client.history.order_by("pgh_id").values_list("pgh_context__metadata", flat=True))
    assert contexts == [None, {"reason": "a test"}, {"reason": "a test"}]
