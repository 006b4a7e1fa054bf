"""The log only grows, and tells when somebody made it otherwise."""

import json
import multiprocessing

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction

from rmflow.privacy import actions, chain
from rmflow.privacy.models import AccessEvent, ChainHead


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def tamper(statement, *values):
    """As somebody who owns the database: past the triggers."""
    sql("SET session_replication_role = replica")
    sql(statement, *values)
    sql("SET session_replication_role = DEFAULT")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE privacy_accessevent SET kind = 'login'",
        "UPDATE privacy_accessevent SET seq = NULL, prev_hash = '', hash = ''",
        "UPDATE privacy_accessevent SET hash = 'x'",
        "DELETE FROM privacy_accessevent",
        "TRUNCATE privacy_accessevent",
        "INSERT INTO privacy_accessevent SELECT id + 1000, at, kind, object_type, object_id, fields, purpose,"
        " note, item_key, rows, ip, seq + 1000, prev_hash, hash, branch_id, user_id FROM privacy_accessevent",
        "DELETE FROM privacy_chainhead",
        "TRUNCATE privacy_chainhead",
        "UPDATE privacy_chainhead SET seq = 0",
        "UPDATE privacy_chainhead SET hash = 'x'",
    ],
)
def test_the_database_refuses_to_change_the_log(chained, statement):
    with pytest.raises(IntegrityError, match=r"only (grows|advances)"), transaction.atomic():
        sql(statement)


def test_chaining_may_not_change_anything_else(wealth):
    actions.log("login", by=wealth)
    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
        sql("UPDATE privacy_accessevent SET seq = 1, hash = 'x', kind = 'logout'")


def test_each_branch_has_a_chain_in_order(chained, wealth, other_wealth, db):
    actions.log("rotate", by=None)
    assert chain.chain_all() == 1
    rows = AccessEvent.objects.order_by("id").values_list("branch_id", "seq")
    first, second = wealth.branch_id, other_wealth.branch_id
    assert list(rows) == [(first, 1), (second, 1), (first, 2), (None, 1)]
    one, two = AccessEvent.objects.filter(branch=first).order_by("seq")
    assert two.prev_hash == one.hash
    assert ChainHead.objects.get(pk=first).hash == two.hash


def test_a_second_run_changes_nothing(chained):
    before = list(AccessEvent.objects.order_by("id").values_list())
    assert chain.chain_all() == 0
    assert list(AccessEvent.objects.order_by("id").values_list()) == before


def test_it_goes_on_after_a_batch(wealth, monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 3)
    for _ in range(8):
        actions.log("view", by=wealth)
    assert chain.chain_all() == 8
    assert [result.broken for result in chain.verify()] == [None]


def test_a_run_that_dies_midway_leaves_a_chain_that_holds(wealth, monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 2)
    for _ in range(5):
        actions.log("view", by=wealth)
    write, calls = chain._write, []

    def die_at_the_second(links):
        calls.append(links)
        if len(calls) == 2:
            raise KeyboardInterrupt
        write(links)

    monkeypatch.setattr(chain, "_write", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        chain.chain_all()
    monkeypatch.setattr(chain, "_write", write)
    assert chain.unchained_tail()[0] == 3
    assert chain.chain_all() == 3
    assert [result.broken for result in chain.verify()] == [None]


def _chain_when_both_are_here(barrier, counts):
    barrier.wait(30)
    counts.put(chain.chain_all())
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_chain(wealth, other_wealth):
    for number in range(3000):
        if number % 3:
            actions.log("view", by=wealth)
        else:
            actions.log("view", by=other_wealth)
    connections.close_all()  # a forked process must not share the connection
    fork = multiprocessing.get_context("fork")
    barrier, counts = fork.Barrier(2), fork.Queue()
    workers = [fork.Process(target=_chain_when_both_are_here, args=(barrier, counts)) for _ in range(2)]
    for worker in workers:
        worker.start()
    done = [counts.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(60)
    assert sum(done) + chain.chain_all() == 3000
    assert [result.broken for result in chain.verify()] == [None, None]
    assert sorted(result.links for result in chain.verify()) == [1000, 2000]


def broken():
    return [(result.broken.seq, result.broken.why) for result in chain.verify() if result.broken]


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'login'",
        "at = at + interval '1 microsecond'",
        "user_id = NULL",
        "object_id = 5",
        "fields = '{}'",
        "purpose = 'contact'",
        "note = 'x'",
        "item_key = 'x'",
        "rows = 1",
        "ip = '10.0.0.1'",
    ],
)
def test_a_changed_column_is_named(chained, wealth, change):
    tamper(f"UPDATE privacy_accessevent SET {change} WHERE seq = 1 AND branch_id = %s", wealth.branch_id)
    assert broken() == [(1, "changed")]


def test_a_link_made_without_the_key_is_named(chained, wealth, settings):
    """Somebody with the tables, but not the secrets, computes everything anew."""
    real, settings.BLIND_KEY = settings.BLIND_KEY, "guessed by the intruder"
    tamper("UPDATE privacy_accessevent SET seq = NULL, prev_hash = '', hash = '', note = 'x'")
    tamper("UPDATE privacy_chainhead SET seq = 0, hash = ''")
    chain.chain_all()
    settings.BLIND_KEY = real
    assert {why for _seq, why in broken()} == {"changed"}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM privacy_accessevent WHERE seq = 1 AND branch_id = %s", (1, "missing")),
        ("DELETE FROM privacy_accessevent WHERE seq = 2 AND branch_id = %s", (2, "cut")),
        ("DELETE FROM privacy_accessevent WHERE branch_id = %s", (1, "cut")),
        ("UPDATE privacy_accessevent SET prev_hash = 'x' WHERE seq = 2 AND branch_id = %s", (2, "follows")),
        ("UPDATE privacy_chainhead SET hash = 'x' WHERE key = %s", (2, "headless")),
        ("DELETE FROM privacy_chainhead WHERE key = %s", (2, "headless")),
    ],
)
def test_the_first_broken_link_is_named(chained, wealth, statement, expected):
    tamper(statement, wealth.branch_id)
    assert broken() == [expected]


def test_two_rows_that_changed_places_are_named(chained, wealth):
    tamper("UPDATE privacy_accessevent SET seq = 9 WHERE seq = 1 AND branch_id = %s", wealth.branch_id)
    tamper("UPDATE privacy_accessevent SET seq = 1 WHERE seq = 2 AND branch_id = %s", wealth.branch_id)
    tamper("UPDATE privacy_accessevent SET seq = 2 WHERE seq = 9 AND branch_id = %s", wealth.branch_id)
    assert broken() == [(1, "follows")]


def test_the_newest_links_can_be_checked_alone(chained, wealth):
    tamper("UPDATE privacy_accessevent SET note = 'x' WHERE seq = 1 AND branch_id = %s", wealth.branch_id)
    assert [r.broken for r in chain.verify({wealth.branch_id}, last=1)] == [None]
    assert [r.links for r in chain.verify({wealth.branch_id}, last=1)] == [1]


def test_the_command_says_that_all_holds_and_counts_the_tail(chained, wealth, capsys):
    actions.log("view", by=wealth)
    call_command("verify_access_log")
    said = capsys.readouterr().out
    assert "中山路支行: 2 links hold." in said
    assert "Not chained yet: 1 events." in said


def test_the_command_names_the_broken_link_and_fails(chained, wealth, capsys):
    event = AccessEvent.objects.get(seq=2, branch=wealth.branch_id)
    tamper("UPDATE privacy_accessevent SET note = 'x' WHERE id = %s", event.pk)
    with pytest.raises(CommandError) as failure:
        call_command("verify_access_log")
    assert failure.value.returncode == 1
    assert f"Link 2 (event {event.pk}) was changed after it was sealed." in capsys.readouterr().err


def test_heads_kept_elsewhere_show_an_end_cut_off_with_its_head(chained, wealth, tmp_path, capsys):
    kept, branch = tmp_path / "heads.json", wealth.branch_id
    call_command("verify_access_log", heads=str(kept))
    first = AccessEvent.objects.get(branch=branch, seq=1)
    tamper("DELETE FROM privacy_accessevent WHERE seq = 2 AND branch_id = %s", branch)
    tamper("UPDATE privacy_chainhead SET seq = 1, hash = %s WHERE key = %s", first.hash, branch)
    call_command("verify_access_log")
    with pytest.raises(CommandError):
        call_command("verify_access_log", against=str(kept))
    assert "Link 2 is missing, and so is everything after it." in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", '{"x": [1, "a"]}', "null", '{"1": 5}'])
def test_a_file_that_holds_no_heads_is_refused(db, tmp_path, content):
    path = tmp_path / "heads.json"
    path.write_text(content)
    with pytest.raises(CommandError, match="no file of heads"):
        call_command("verify_access_log", against=str(path))


def test_the_file_of_heads_is_json(chained, tmp_path, wealth):
    path = tmp_path / "heads.json"
    call_command("verify_access_log", heads=str(path))
    assert json.loads(path.read_text())[str(wealth.branch_id)][0] == 2
