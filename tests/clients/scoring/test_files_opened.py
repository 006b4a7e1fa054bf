"""Whoever becomes premium has a file in the same moment, whichever way it happened (C-05)."""

import datetime
from functools import partial

import pytest
import time_machine

from clients import archives
from clients.actions import assign, evaluation, loads, open_archive, overrides, signing
from clients.actions.managers import check
from clients.importing import parse_map
from clients.load_rules import FileKind, LoadSource
from clients.models import Archive, Client, Evaluation, FileSerial
from clients.rules import file_number
from tests.race import together

from .conftest import NOW

pytestmark = pytest.mark.django_db
PREMIUM = {"type": "existing_premium", "level": "regular"}
WORDS = {"优质": "existing_premium", "普通": "ordinary"}
PEOPLE = parse_map(
    "people",
    {
        "client": {
            "customer_no": {"column": "客户号"},
            "name": {"column": "姓名"},
            "type": {"column": "类型", "values": WORDS},
            "branch": {"column": "机构号"},
        }
    },
)


def numbers():
    return list(Archive.objects.order_by("file_no").values_list("file_no", flat=True))


def found_premium(run, *clients):
    """The run has found that these are premium."""
    rows = Evaluation.objects.filter(run=run, client__in=clients)
    assert rows.update(type_before="unjudged", level_before="", **PREMIUM) == len(clients)


def test_a_signed_run_opens_a_file_for_each_it_made_premium(person, october, head, branches, wealth):
    one, two, other = person(60), person(60, owner=wealth), person(5)
    away = person(60, branch="second")
    run = october()
    found_premium(run, one, two, away)
    part = run.parts.get(branch=branches["first"])
    signing.sign(part.pk, by=head)
    assert numbers() == ["0817-2026-0001", "0817-2026-0002"]
    opened = Archive.objects.get(client=one)
    assert (opened.branch, opened.opened_by, opened.state) == (branches["first"], head, "opened")
    one.refresh_from_db()
    assert (one.type, one.owner, bool(one.unmanaged_since)) == ("existing_premium", None, True)
    entry = two.timeline.get(kind="archive")
    assert (entry.data, entry.by) == ({"file_no": Archive.objects.get(client=two).file_no}, head)
    assert not Archive.objects.filter(client__in=[other, away]).exists()


def test_upgrades_nobody_signed_open_files_in_nobodys_name_and_once(person, october, head, branches):
    one = person(60)
    person(5, branch="second")
    run = october()
    found_premium(run, one)
    assert signing.upgrade_due(today=datetime.date(2026, 11, 4)) == 2
    assert numbers() == ["0817-2026-0001"] and Archive.objects.get().opened_by is None
    signing.sign(run.parts.get(branch=branches["first"]).pk, by=head)
    assert numbers() == ["0817-2026-0001"]


def test_signing_everything_opens_in_each_branch(person, october, region_head):
    here, there = person(60), person(60, branch="second")
    found_premium(october(), here, there)
    run = Evaluation.objects.first().run
    signing.sign_all(run.pk, by=region_head)
    assert numbers() == ["0817-2026-0001", "0818-2026-0001"]


def test_a_run_by_event_opens_too(person, october, monkeypatch):
    october()
    one, two = person(60), person(60, branch="second")
    raised = signing.raise_now

    def as_premium(pk):
        Evaluation.objects.filter(client__in=[one, two]).update(
            type_before="unjudged", level_before="", **PREMIUM
        )
        return raised(pk)

    monkeypatch.setattr(signing, "raise_now", as_premium)
    evaluation.evaluate_clients([one.pk, two.pk], cause="manual")
    signing.upgrade_due(today=datetime.date(2026, 12, 1))
    assert numbers() == ["0817-2026-0001", "0818-2026-0001"]


def test_a_client_changed_by_somebody_else_meanwhile_gets_none(person, october, head, branches):
    one = person(60)
    run = october()
    found_premium(run, one)
    Client.objects.filter(pk=one.pk).update(type="ordinary")
    signing.sign(run.parts.get(branch=branches["first"]).pk, by=head)
    assert numbers() == []


def test_an_approved_setting_by_hand_opens_the_file_and_names_no_manager(person, wealth, supervisor):
    client = person(60, owner=wealth)
    row = overrides.ask(
        client.pk,
        by=wealth,
        reason="凭证已核",
        expires_on=datetime.date(2027, 1, 31),
        type="existing_premium",
    )
    overrides.approve(row.pk, by=supervisor)
    opened = Archive.objects.get()
    assert (opened.client, opened.opened_by, opened.file_no) == (client, supervisor, "0817-2026-0001")
    assert Client.objects.get(pk=client.pk).owner == wealth


def take(tmp_path, *rows):
    path = tmp_path / "people.csv"
    path.write_text("\n".join(["客户号,姓名,类型,机构号", *rows]) + "\n")
    return loads.load_file(path, PEOPLE, kind=FileKind.CLIENTS, source=LoadSource.COMMAND)[0]


ROWS = ("C001,陈美华,优质,0817", "C002,王五,普通,0817", "C003,李强,优质,0818", "C004,赵六,优质,0817")


def test_a_file_opens_a_file_for_each_new_premium_client(person, tmp_path):
    load = take(tmp_path, *ROWS)
    assert numbers() == ["0817-2026-0001", "0817-2026-0002", "0818-2026-0001"]
    entry = Client.objects.get(customer_no="C003").timeline.get()
    assert entry.data == {"file_no": "0818-2026-0001", "load": load.pk}
    take(tmp_path, *ROWS, "")
    assert len(numbers()) == 3


@pytest.mark.django_db(transaction=True)  # or the load's history context still holds when the test writes
def test_an_undone_load_takes_its_untouched_files_along(person, tmp_path, admin_user, wealth):
    load = take(tmp_path, *ROWS)
    kept, touched = (Client.objects.get(customer_no=number) for number in ("C003", "C004"))
    person(5, introducer=kept)
    Archive.objects.filter(client=touched).update(place="A-01")
    undone = loads.undo(load.pk, by=admin_user)
    assert undone.more["undone"] == {"removed": 2, "restored": 0, "kept": 2}
    assert set(Archive.objects.values_list("client", flat=True)) == {kept.pk, touched.pk}
    assert kept.timeline.count() == touched.timeline.count() == 1
    assert not Client.objects.filter(customer_no__in=["C001", "C002"]).exists()


def test_naming_a_manager_and_the_night_open_what_is_missing(person, wealth, head):
    named, found = person(5, **PREMIUM), person(5, **PREMIUM)
    assign(named.pk, owner=wealth, by=head)
    assert list(Archive.objects.values_list("client", flat=True)) == [named.pk]
    for _night in range(2):
        check(today=NOW.date())
    assert set(Archive.objects.values_list("client", flat=True)) == {named.pk, found.pk}
    assert numbers() == ["0817-2026-0001", "0817-2026-0002"]


def test_the_numbers_go_on_from_the_last_one_as_the_rule_writes_them(person, branches, wealth):
    serial = {"branch": branches["first"], "year": 2026, "kind": "archive"}
    FileSerial.objects.create(**serial, last=9998)
    for _n in range(3):
        person(5, **PREMIUM)
    archives.open_missing("WHERE true", {}, today=NOW.date(), by=wealth)
    wanted = [file_number("0817", 2026, n) for n in (9999, 10000, 10001)]
    assert sorted(numbers()) == sorted(wanted)
    assert FileSerial.objects.get(**serial).last == 10001
    later = open_archive(person(5, owner=wealth, **PREMIUM), by=wealth)
    assert later.file_no == file_number("0817", 2026, 10002)


def test_merged_and_anonymous_rows_get_none(person):
    one = person(5, **PREMIUM)
    into = person(5)
    Client.objects.filter(pk=one.pk).update(merged_into=into)
    archives.open_missing("WHERE true", {}, today=NOW.date())
    assert numbers() == []


def test_many_cost_as_many_statements_as_one(person, django_assert_num_queries):
    for count in (1, 15):
        for _n in range(count):
            person(5, **PREMIUM)
        with django_assert_num_queries(4):
            assert archives.open_missing("WHERE true", {}, today=NOW.date()) == count


@pytest.mark.django_db(transaction=True)
def test_two_at_once_give_each_client_one_file_and_no_number_twice(person, wealth):
    clients = [person(5, owner=wealth, **PREMIUM) for _n in range(8)]
    several = partial(_committed, "WHERE true")
    some = partial(_committed, f"WHERE c.id > {clients[3].pk}")
    assert [outcome for outcome, _text in together(several, some, several)] == ["done"] * 3
    assert numbers() == [file_number("0817", 2026, n) for n in range(1, 9)]
    assert FileSerial.objects.get().last == 8


def _committed(those):
    from django.db import transaction

    with time_machine.travel(NOW, tick=False), transaction.atomic():
        return archives.open_missing(those, {}, today=NOW.date())
