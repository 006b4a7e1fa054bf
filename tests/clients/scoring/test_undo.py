"""What an evaluation has read is not taken back; what none has read still is (decision 0162)."""

import datetime
from decimal import Decimal
from functools import partial

import pytest
import time_machine

from clients.actions import evaluation, loads, recompute, signing
from clients.importing import parse_map
from clients.load_rules import FileKind, LoadSource, LoadState
from clients.models import Evaluation, FileLoad, MonthlyBalance
from rmflow.workflow import Refused
from tests.race import together

from .conftest import NOW, OCTOBER

pytestmark = pytest.mark.django_db
FIELDS = {"customer_no": "客户号", "month": "月份", "amount": "月日均"}
MAP = parse_map("balances", {"balances": {name: {"column": heading} for name, heading in FIELDS.items()}})


@pytest.fixture
def load(tmp_path, november):
    """A function that loads balances: (customer number, month, amount)."""

    def take(*rows):
        path = tmp_path / "a.csv"
        lines = [",".join(FIELDS.values()), *(",".join(row) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
        return loads.load_file(path, MAP, kind=FileKind.BALANCES, source=LoadSource.COMMAND)[0]

    return take


def later(november):
    november.shift(datetime.timedelta(minutes=1))


def test_a_load_read_by_a_branch_computed_anew_stays(person, october, load, head, admin_user, november):
    person(60, customer_no="C001", tier="T2")
    run = october()
    part = run.parts.get()
    later(november)
    recompute.send_back(part.pk, by=head, why="十月余额有误")
    done = load(("C001", "2026-10", "3000000"))
    later(november)
    recompute.again(part.pk, by=head)
    evaluation.run_now(run)
    signing.sign(part.pk, by=head)
    with pytest.raises(Refused, match="evaluation"):
        loads.undo(done.pk, by=admin_user)
    assert MonthlyBalance.objects.get(month=OCTOBER).amount == 3_000_000
    assert FileLoad.objects.get().state == LoadState.DONE


def test_a_load_after_the_results_is_taken_back(person, october, load, admin_user, november):
    person(60, customer_no="C001", tier="T2")
    october()
    later(november)
    done = load(("C001", "2026-10", "3000000"))
    later(november)
    assert loads.undo(done.pk, by=admin_user).state == LoadState.UNDONE
    assert MonthlyBalance.objects.get(month=OCTOBER).amount == 600_000


def test_balances_of_a_later_month_were_not_read_by_the_run_of_an_earlier(
    person, october, load, head, admin_user, november
):
    person(60, customer_no="C001")
    run = october()
    later(november)
    recompute.send_back(run.parts.get().pk, by=head, why="十月余额有误")
    done = load(("C001", "2026-11", "5"))
    later(november)
    recompute.again(run.parts.get().pk, by=head)
    evaluation.run_now(run)
    assert loads.undo(done.pk, by=admin_user).state == LoadState.UNDONE


def test_a_run_by_event_holds_only_the_loads_of_the_clients_it_looked_at(
    person, october, load, admin_user, november
):
    other = person(60, customer_no="C002")
    mine = person(60, customer_no="C001")
    october()
    later(november)
    done = load(("C001", "2026-10", "3000000"))
    later(november)
    evaluation.evaluate_clients([other.pk], cause="manual")
    assert loads._used(done) is False
    later(november)
    evaluation.evaluate_clients([mine.pk], cause="manual")
    with pytest.raises(Refused, match="evaluation"):
        loads.undo(done.pk, by=admin_user)


@pytest.mark.django_db(transaction=True)
def test_an_undo_and_a_branch_computed_at_once_agree(person, october, load, head, admin_user, november):
    person(60, customer_no="C001", tier="T2")
    run = october()
    part = run.parts.get()
    later(november)
    recompute.send_back(part.pk, by=head, why="十月余额有误")
    done = load(("C001", "2026-10", "3000000"))
    recompute.again(part.pk, by=head)
    undone, computed = together(
        partial(_later, loads.undo, done.pk, by=admin_user), partial(_later, evaluation.compute, part.pk)
    )
    assert computed == ("done", "True") and undone[0] in ("done", "Refused")
    stands = MonthlyBalance.objects.get(month=OCTOBER).amount
    assert stands == (600_000 if undone[0] == "done" else 3_000_000)
    assert Evaluation.objects.get(run=run).average == Decimal(stands)


def _later(call, *args, **kwargs):
    with time_machine.travel(NOW + datetime.timedelta(minutes=9), tick=False):
        return call(*args, **kwargs)
