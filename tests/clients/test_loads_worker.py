"""Files through a real worker: from the inbox to the rows; a killed worker leaves nothing half-loaded."""

import os
import time

import pytest
from django.utils import timezone

from clients import tasks
from clients.actions import drop
from clients.load_rules import LoadState
from clients.models import FileLoad, MonthlyBalance

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "客户号,月份,月日均\n"


def put(name, rows):
    path = drop.folder("inbox") / name
    path.write_text(HEAD + rows)
    stamp = timezone.now().timestamp() - 120
    os.utime(path, (stamp, stamp))


@pytest.fixture(autouse=True)
def empty_folders():
    yield
    for name in ("inbox", "loads"):
        for path in drop.folder(name).iterdir():
            path.unlink()


def test_a_file_of_the_inbox_is_loaded_by_a_worker(person, celery_worker_process, eventually):
    person("陈美华", phone="", customer_no="C001")
    put("balances_202610.csv", "C001,2026-10,5\n")
    tasks.take_inbox.delay()
    load = eventually(lambda: FileLoad.objects.filter(state=LoadState.DONE).first(), 20)
    assert (load.new, load.stored, MonthlyBalance.objects.count()) == (1, "", 1)
    tasks.forget_files.delay()
    tasks.resume_loads.delay()


def test_a_killed_worker_leaves_nothing_and_the_next_one_loads_it_once(person, new_worker, eventually):
    person("陈美华", phone="", customer_no="C001")
    put("balances_1.csv", "C001,2026-10,5\n" + "".join(f"X{n:06d},2026-10,5\n" for n in range(200_000)))
    (pk,) = drop.take_inbox()
    worker = new_worker()
    tasks.load_file.delay(pk)
    eventually(lambda: drop.progress_of(pk), 20)
    worker.kill()
    assert not MonthlyBalance.objects.exists()
    assert FileLoad.objects.get().state == LoadState.RUNNING
    time.sleep(0.5)  # the server notices that the connection is gone
    new_worker()
    tasks.resume_loads.delay()
    load = eventually(lambda: FileLoad.objects.filter(state=LoadState.DONE).first(), 60)
    assert (load.new, load.refused, MonthlyBalance.objects.count()) == (1, 200_000, 1)
    assert drop.work(pk).state == LoadState.DONE
