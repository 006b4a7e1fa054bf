"""File drop: inbox and browser, preview without personal data, loaded once by a worker, errors listed, undone."""

import datetime
import os

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from clients import tasks
from clients.actions import column_maps, drop, loads
from clients.importing import FileFault, guess, parse_map
from clients.load_rules import FileKind, LoadSource, LoadState
from clients.models import (
    Client,
    ColumnMap,
    EvaluationRun,
    FileLoad,
    Holding,
    MonthlyBalance,
    Product,
    Scorecard,
)
from rmflow.notices.models import Notice
from rmflow.workflow import Conflict, Refused
from tests.privacy.canary import CANARY, assert_absent

pytestmark = pytest.mark.django_db
BALANCES = "客户号,月份,月日均\nC001,2026-10,5\nC002,2026-10,86400.10\n"
HOLDINGS = "客户号,产品代码,合约号,金额,起息日,到期日\n"
MAP = {
    "balances": {
        "customer_no": {"column": "客户号"},
        "month": {"column": "月份"},
        "amount": {"column": "月日均"},
    }
}


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def two(person):
    return [person("陈美华", phone="", customer_no="C001"), person("王五", phone="", customer_no="C002")]


def sent(name, text, by):
    return drop.receive(SimpleUploadedFile(name, text.encode()), by=by)


def begun(load, by, body=MAP):
    drop.choose(load.pk, by=by, body=body)
    drop.begin(load.pk, by=by)
    drop.work(load.pk)
    load.refresh_from_db()
    return load


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """A function that calls another and what waits for the commit."""

    def call(function, *args, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return function(*args, **kwargs)

    return call


def put(name, text=BALANCES, age=120):
    path = drop.folder("inbox") / name
    path.write_text(text)
    stamp = timezone.now().timestamp() - age
    os.utime(path, (stamp, stamp))
    return path


# -- holdings ------------------------------------------------------------------------------------------


@pytest.fixture
def fund(db):
    return Product.objects.create(code="XF1", name="fund", category="fund")


def holdings_of(column_map, rows, var, **kwargs):
    path = var / "h.csv"
    path.write_text(HOLDINGS + rows)
    return loads.load_file(path, column_map, kind=FileKind.HOLDINGS, source=LoadSource.COMMAND, **kwargs)


def test_holdings_are_added_changed_left_and_taken_back(two, var, fund, admin_user):
    from clients.importing import shipped

    column_map = next(m for m in shipped.maps() if m.kind == FileKind.HOLDINGS)
    first, _ = holdings_of(column_map, "C001,xf1,A-1,100,2026-01-02,2027-01-02\nC002,XF1,A-2,5,46024,\n", var)
    assert (first.new, first.refused) == (2, 0)
    assert Holding.objects.get(contract_no="A-2").opened_on == datetime.date(2026, 1, 2)
    second, _ = holdings_of(column_map, "C001,XF1,A-1,90,,\nC002,XF1,A-2,5,2026-01-02,\n", var)
    assert (second.new, second.changed, second.unchanged) == (0, 1, 1)
    assert Holding.objects.get(contract_no="A-1").matures_on == datetime.date(2027, 1, 2)
    loads.undo(second.pk, by=admin_user)
    assert Holding.objects.get(contract_no="A-1").amount == 100
    loads.undo(first.pk, by=admin_user)
    assert not Holding.objects.exists()


def test_a_contract_that_cannot_be_is_named(two, var, fund):
    from clients.importing import shipped

    column_map = next(m for m in shipped.maps() if m.kind == FileKind.HOLDINGS)
    rows = (
        "C001,XF1,A-1,100,,2027-01-02\n"
        "C001,XF1,A-2,100,2026-01-02,2025-01-02\n"
        "C001,NO,A-3,1,2026-01-02,\n"
        "C009,XF1,A-4,1,2026-01-02,\n"
        "C001,XF1,A-5,-1,2026-01-02,\n"
        "C001,XF1,A-6,1,2026-01-02,\n"
    )
    _done, outcome = holdings_of(column_map, rows, var)
    assert [(f.row, f.column) for f in outcome.broken] == [
        (2, "起息日"), (3, "到期日"), (4, "产品代码"), (5, "客户号"), (6, "金额"),
    ]  # fmt: skip
    _, outcome = holdings_of(column_map, "C002,XF1,A-6,1,2026-01-02,\n", var)
    assert [str(f.reason) for f in outcome.broken] == ["This contract is on record for another client."]


# -- the browser ----------------------------------------------------------------------------------------


def test_a_file_is_sent_previewed_checked_and_loaded(two, door, admin_user, committed):
    browser = door(admin_user)
    answer = browser.post(reverse("loads:upload"), {"file": SimpleUploadedFile("a.csv", BALANCES.encode())})
    load = FileLoad.objects.get()
    address = reverse("loads:load", args=[load.pk])
    assert (answer.status_code, answer.headers["Location"], load.state) == (303, address, LoadState.WAITING)
    page = browser.get(address).content.decode()
    assert "First 2 rows tried: all can be read" in page and "99999.99" in page and "86400" not in page
    form = {"kind": "balances", "body": "{}", "mode": "rows", "save_as": "月日均", "pattern": "m_*.csv"}
    form |= {"field-customer_no": "客户号", "field-month": "月份", "field-amount": "月日均"}
    browser.post(address, {**form, "do": "check"})
    poll = {"HX-Request": "true"}
    assert 'hx-trigger="every 1s"' in browser.get(address, headers=poll).content.decode()
    drop.work(load.pk)
    assert (
        browser.get(address, headers=poll).headers["HX-Redirect"] == address
    )  # the whole page, not a part of it
    assert "Whole file checked: 2 rows, 2 new" in browser.get(address).content.decode()
    assert not MonthlyBalance.objects.exists()
    browser.post(address, {**form, "do": "load"})
    committed(drop.work, load.pk)
    assert browser.get(address, headers=poll).headers["HX-Redirect"] == address
    load.refresh_from_db()
    assert (load.state, load.new, load.stored, load.by) == (LoadState.DONE, 2, "", admin_user)
    assert ColumnMap.objects.get().pattern == "m_*.csv"
    assert list(drop.folder().iterdir()) == []
    assert Notice.objects.filter(recipient=admin_user, kind="load").count() == 1
    assert "Loaded" in browser.get(reverse("loads:index")).content.decode()
    browser.post(reverse("loads:undo", args=[load.pk]))
    assert not MonthlyBalance.objects.exists()
    assert "2 removed" in browser.get(address).content.decode()


def test_the_preview_shows_the_administrator_no_personal_data(door, admin_user, branches, notice):
    text = "客户号,姓名,手机,证件号码,住址,备注,月日均\nC1,{0},{1},{2},{3},{0}{1},86400\n"
    text = text.format(CANARY.name, CANARY.phone, CANARY.id_number, CANARY.address)
    load = sent("people.csv", text, admin_user)
    page = door(admin_user).get(reverse("loads:load", args=[load.pk])).content
    assert_absent(page, where="the preview")
    assert b"C1" in page


def test_rows_left_out_are_listed_to_download(two, door, admin_user):
    load = begun(sent("a.csv", BALANCES + "C009,2026-10,5\nC001,x,5\n", admin_user), admin_user)
    assert (load.state, load.new, load.refused) == (LoadState.DONE, 2, 2)
    browser = door(admin_user)
    assert "customer number" in browser.get(reverse("loads:load", args=[load.pk])).content.decode()
    listed = b"".join(browser.get(reverse("loads:errors", args=[load.pk])).streaming_content).decode(
        "utf-8-sig"
    )
    assert listed.splitlines()[1].startswith("4,客户号,") and "C009" not in listed


def test_a_whole_file_or_nothing_waits_for_a_better_map(two, admin_user, door):
    body = {**MAP, "file": {"whole": True}}
    load = begun(sent("a.csv", BALANCES + "C009,2026-10,5\n", admin_user), admin_user, body)
    assert (load.state, load.refused) == (LoadState.FAILED, 1)
    assert not MonthlyBalance.objects.exists()
    page = door(admin_user).get(reverse("loads:load", args=[load.pk])).content.decode()
    assert "nothing was loaded" in page
    assert begun(load, admin_user).new == 2


def test_a_map_that_cannot_be_followed_is_said_and_nothing_lost(two, door, admin_user):
    load = sent("a.csv", BALANCES, admin_user)
    form = {
        "kind": "balances",
        "body": "{}",
        "do": "load",
        "field-customer_no": "客户号",
        "field-month": "",
        "fixed-month": "2026-10",
    }
    answer = door(admin_user).post(reverse("loads:load", args=[load.pk]), form)
    page = answer.content.decode()
    assert answer.status_code == 422 and "must say where these come from" in page
    assert 'value="2026-10"' in page
    for body in ("[]", "{", '{"balances": 7}', '{"balances": {"customer_no": 1}}', "null"):
        answer = door(admin_user).post(
            reverse("loads:load", args=[load.pk]), {"kind": "balances", "body": body, "do": "choose"}
        )
        assert answer.status_code == 200


def test_the_kind_and_a_shipped_map_are_chosen_by_a_click(branches, door, admin_user):
    from tests.clients.test_importing import SAMPLE

    load = sent("bank.csv", SAMPLE.read_text(), admin_user)
    browser, address = door(admin_user), reverse("loads:load", args=[load.pk])
    first = browser.get(address).content.decode()
    assert "BM{row:08d}" in first  # the map of the house whose columns are all there
    second = browser.post(address, {"do": "kind", "kind": "holdings", "body": "{}"}).content.decode()
    assert 'name="field-contract_no"' in second
    third = browser.post(address, {"do": "map", "map": "bank-marketing.toml", "body": "{}"}).content.decode()
    assert "BM{row:08d}" in third
    body = parse_map("", next(m.body for m in guess_maps() if m.name == "bank-marketing.toml")).body
    form = {"do": "load", "kind": "clients", "map": "bank-marketing.toml", "branches": ["0817", "0818"]}
    import json

    fields = {f"field-{name}": "=" for name in ("customer_no", "name", "salutation")}
    fields |= {"field-occupation": "job", "field-education": "education", "field-marital_status": "marital"}
    answer = browser.post(address, {**form, **fields, "body": json.dumps(body)})
    assert answer.status_code == 303, answer.content.decode()
    drop.work(load.pk)
    load.refresh_from_db()
    assert (load.state, load.new, load.more["balances_new"]) == (LoadState.DONE, 40, 40)
    assert Client.objects.filter(branch=branches["second"]).count() == 20


def guess_maps():
    from clients.importing import shipped

    return shipped.maps()


@pytest.mark.parametrize("text", ["", "\x00", "x" * 3_000_000, "客户号,客户号,月份,月日均\n1,1,2,3\n"])
def test_a_file_that_is_no_table_is_previewed_with_its_reason(door, admin_user, branches, text):
    load = sent("a.csv", text or "\n", admin_user)
    answer = door(admin_user).get(reverse("loads:load", args=[load.pk]))
    assert answer.status_code == 200 and b"state-past" in answer.content


def test_maps_are_made_changed_and_forgotten_in_the_browser(door, admin_user, branches):
    browser = door(admin_user)
    form = {"kind": "balances", "body": "{}", "name": "总行下发", "pattern": "zh_*.csv"}
    form |= {"field-customer_no": "客户号", "field-month": "月份"}
    answer = browser.post(reverse("loads:map_new"), form)
    assert answer.status_code == 422 and "总行下发" in answer.content.decode()
    browser.post(reverse("loads:map_new"), {**form, "field-amount": "月日均"})
    row = ColumnMap.objects.get()
    assert (row.kind, row.pattern, row.body["balances"]["amount"]) == (
        "balances",
        "zh_*.csv",
        {"column": "月日均"},
    )
    again = browser.post(reverse("loads:map_new"), {**form, "field-amount": "月日均", "name": "另一个"})
    assert again.status_code == 422 and "pattern" in again.content.decode()
    address = reverse("loads:map", args=[row.pk])
    assert "月日均" in browser.get(address).content.decode()
    browser.post(address, {**form, "field-amount": "余额", "body": "{}"})
    row.refresh_from_db()
    assert row.body["balances"]["amount"] == {"column": "余额"}
    assert "总行下发" in browser.get(reverse("loads:maps")).content.decode()
    browser.post(reverse("loads:map_delete", args=[row.pk]))
    assert not ColumnMap.objects.exists()


def test_nobody_else_loads_files(wealth, head, admin_user, two):
    load = sent("a.csv", BALANCES, admin_user)
    for user in (wealth, head):
        for call in (
            lambda user=user: sent("b.csv", BALANCES, user),
            lambda user=user: drop.choose(load.pk, by=user, body=MAP),
            lambda user=user: drop.begin(load.pk, by=user),
            lambda user=user: drop.give_up(load.pk, by=user),
            lambda user=user: column_maps.save_map(by=user, name="x", body=MAP),
        ):
            with pytest.raises(PermissionDenied):
                call()


def test_states_are_kept(two, admin_user, committed):
    load = sent("a.csv", BALANCES, admin_user)
    with pytest.raises(Refused, match="column map"):
        drop.begin(load.pk, by=admin_user)
    drop.choose(load.pk, by=admin_user, body=MAP)
    drop.begin(load.pk, by=admin_user)
    for call in (drop.begin, drop.give_up):
        with pytest.raises(Conflict):
            call(load.pk, by=admin_user)
    drop.work(load.pk)
    drop.work(load.pk)
    assert MonthlyBalance.objects.count() == 2
    other = sent("b.csv", BALANCES, admin_user)
    with pytest.raises(FileFault):
        drop.choose(other.pk, by=admin_user, body={"balances": {}})
    assert begun(other, admin_user).state == LoadState.REPEATED
    third = sent("c.csv", BALANCES, admin_user)
    path = drop.stored_at(third)
    assert committed(drop.give_up, third.pk, by=admin_user).state == LoadState.DROPPED
    assert not path.exists()


def test_a_load_that_breaks_off_says_so(two, admin_user, monkeypatch):
    load = sent("a.csv", BALANCES, admin_user)
    drop.choose(load.pk, by=admin_user, body=MAP)
    drop.begin(load.pk, by=admin_user)

    def broken(*args, **kwargs):
        raise RuntimeError("C001 5")

    monkeypatch.setattr(loads, "take", broken)
    with pytest.raises(RuntimeError):
        drop.work(load.pk)
    load.refresh_from_db()
    assert (load.state, load.fault) == (LoadState.FAILED, "The load broke off (RuntimeError).")


def test_an_undo_that_waits_is_refused_when_an_evaluation_was_faster(two, admin_user):
    load = begun(sent("a.csv", BALANCES, admin_user), admin_user)
    loads.begin_undo(load.pk, by=admin_user)
    day = datetime.date(2026, 11, 2)
    EvaluationRun.objects.create(
        kind="monthly", month=day.replace(day=1, month=10), scorecard=Scorecard.objects.first(),
        effective_on=day, upgrades_on=day, cut_at=timezone.now(),
    )  # fmt: skip
    assert drop.unfinished() == [load.pk]
    drop.work(load.pk)
    load.refresh_from_db()
    assert load.state == LoadState.DONE and "evaluation" in load.fault
    assert MonthlyBalance.objects.count() == 2


def test_a_large_undo_is_done_by_a_worker(two, admin_user, door, monkeypatch):
    from clients.views import loads as page

    monkeypatch.setattr(page, "AT_ONCE", 1)
    load = begun(sent("a.csv", BALANCES, admin_user), admin_user)
    door(admin_user).post(reverse("loads:undo", args=[load.pk]))
    assert FileLoad.objects.get().state == LoadState.UNDOING and MonthlyBalance.objects.exists()
    drop.work(load.pk)
    assert FileLoad.objects.get().state == LoadState.UNDONE and not MonthlyBalance.objects.exists()


# -- the inbox --------------------------------------------------------------------------------------------


def test_the_inbox_takes_whole_files_by_their_map(two, admin_user, committed):
    put("balances_202610.csv")
    put("strange.csv")
    put(".hidden.csv")
    put("balances_half.csv.part")
    put("balances_growing.csv", age=5)
    put("balances_empty.csv", "")
    taken = drop.take_inbox()
    assert FileLoad.objects.count() == 2
    (known,) = [FileLoad.objects.get(pk=pk) for pk in taken]
    assert (known.name, known.state, known.kind) == ("balances_202610.csv", LoadState.QUEUED, "balances")
    other = FileLoad.objects.exclude(pk=known.pk).get()
    assert (other.name, other.state, other.by) == ("strange.csv", LoadState.WAITING, None)
    assert Notice.objects.filter(recipient=admin_user, kind="load").count() == 1
    assert {p.name for p in drop.folder("inbox").iterdir()} == {
        ".hidden.csv", "balances_half.csv.part", "balances_growing.csv", "balances_empty.csv",
    }  # fmt: skip
    assert drop.take_inbox() == []
    committed(drop.work, known.pk)
    assert MonthlyBalance.objects.count() == 2
    put("balances_202610.csv")
    (again,) = drop.take_inbox()
    assert drop.work(again).state == LoadState.REPEATED


def test_a_saved_pattern_wins_over_the_houses(two, admin_user):
    column_maps.save_map(by=admin_user, name="本行", body={**MAP, "file": {"pattern": "balances_*.csv"}})
    put("balances_1.csv")
    (pk,) = drop.take_inbox()
    assert FileLoad.objects.get(pk=pk).map_name == "本行"


def test_what_a_killed_worker_claimed_is_found(two):
    path = put("balances_1.csv")
    path.rename(drop.folder() / f"{drop.CLAIMED}12345678-balances_1.csv")
    (pk,) = drop.take_inbox()
    assert FileLoad.objects.get(pk=pk).name == "balances_1.csv"


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_and_load_a_file_once(two, admin_user):
    from tests.race import together

    for number in range(3):
        put(f"balances_{number}.csv", BALANCES.replace("2026-10", f"2026-0{number + 1}"))
    outcomes = together(drop.take_inbox, drop.take_inbox)
    assert [name for name, _text in outcomes] == ["done", "done"]
    assert sorted(FileLoad.objects.values_list("name", flat=True)) == [f"balances_{n}.csv" for n in range(3)]
    (pk, *_rest) = FileLoad.objects.values_list("pk", flat=True)
    together(lambda: drop.work(pk).state, lambda: drop.work(pk).state)
    assert FileLoad.objects.get(pk=pk).state == LoadState.DONE
    assert MonthlyBalance.objects.count() == 2


def test_files_nobody_loaded_are_forgotten(two, admin_user):
    old, new = sent("a.csv", BALANCES, admin_user), sent("b.csv", BALANCES, admin_user)
    FileLoad.objects.filter(pk=old.pk).update(at=timezone.now() - datetime.timedelta(days=8))
    assert drop.forget_old() == 1
    old.refresh_from_db()
    assert (old.state, old.stored) == (LoadState.DROPPED, "")
    assert drop.stored_at(new).exists()
    with pytest.raises(Conflict):
        drop.stored_at(old)


def test_the_clock_calls_the_same_actions(two, admin_user):
    put("strange.csv")
    assert tasks.take_inbox() == {"files": 0}
    assert tasks.resume_loads() == {"files": 0}
    assert tasks.forget_files() == {"files": 0}


# -- guesses ----------------------------------------------------------------------------------------------


def test_columns_and_kind_are_guessed_from_the_headings():
    assert guess.kind_of(["客户编号", "数据月份", "AUM月日均（元）"]) == FileKind.BALANCES
    assert guess.columns(["客户编号", "数据月份", "AUM月日均（元）"])["amount"] == "AUM月日均（元）"
    assert guess.kind_of(["客户号", "产品代码", "合同号", "余额"]) == FileKind.HOLDINGS
    assert guess.kind_of(["客户号", "姓名"]) == FileKind.CLIENTS
    assert guess.body_for(FileKind.CLIENTS, ["客户号", "手机号"])["client"]["notice_basis"]
    assert guess.shape("企业主 A1,234.50") == "□□□ x9,999.99"


def test_the_api_takes_a_file_and_tells_what_became_of_it(two, door, admin_user, wealth):
    browser = door(admin_user)
    data = {"file": SimpleUploadedFile("a.csv", BALANCES.encode()), "map": "core-balances"}
    made = browser.post("/api/v1/loads/", data)
    assert made.status_code == 201 and made.json()["state"] == "queued"
    drop.work(made.json()["id"])
    told = browser.get(f"/api/v1/loads/{made.json()['id']}/").json()
    assert (told["state"], told["new"]) == ("done", 2)
    undone = browser.post(f"/api/v1/loads/{told['id']}/undo/")
    assert undone.json()["state"] == "undone"
    data = {"file": SimpleUploadedFile("a.csv", BALANCES.encode()), "map": "nobody's"}
    assert browser.post("/api/v1/loads/", data).status_code == 400
    assert door(wealth).get("/api/v1/loads/").status_code == 403


def test_one_or_fifteen_loads_cost_the_same_queries(door, admin_user, django_assert_max_num_queries):
    browser, counts = door(admin_user), []
    for n in (1, 14):
        for _k in range(n):
            FileLoad.objects.create(
                kind="balances", name="a", sha256="0" * 64, size=1, source="upload", by=admin_user
            )
        browser.get(reverse("loads:index"))
        with django_assert_max_num_queries(20) as seen:
            browser.get(reverse("loads:index"))
        counts.append(len(seen))
    assert counts[0] == counts[1]
