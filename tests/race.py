"""Races as they happen: each call in a process of its own, all let go at one barrier."""

import multiprocessing

from django.db import connections

PATIENCE = 30  # seconds


def together(*calls):
    """Run each call in its own process at the same moment; a list of (name of outcome, text).

    The outcome is "done", or the class of what was raised; the order is that of `calls`. Only for
    tests that commit (`transaction=True`).
    """
    fork = multiprocessing.get_context("fork")
    barrier, answers = fork.Barrier(len(calls)), fork.Queue()
    connections.close_all()
    workers = [fork.Process(target=_run, args=(n, call, barrier, answers)) for n, call in enumerate(calls)]
    for worker in workers:
        worker.start()
    found = dict(answers.get(timeout=PATIENCE) for _worker in workers)
    for worker in workers:
        worker.join(PATIENCE)
    return [found[n] for n in range(len(calls))]


def _run(number, call, barrier, answers):
    connections.close_all()
    barrier.wait(PATIENCE)
    try:
        outcome = ("done", str(call()))
    except Exception as problem:
        outcome = (type(problem).__name__, str(problem))
    answers.put((number, outcome))
    connections.close_all()
