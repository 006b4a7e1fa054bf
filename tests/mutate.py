"""`make mutate`: take out each transition, permission, scope and constraint; the tests must notice.

    make mutate                           all of them, on every core
    make mutate ARGS="permission teller"  those whose name holds these words
    make mutate ARGS="--list"             their names

Proof 2 of the house. Every mutant is a fork of a warm process (tests/mutants.py), with a database of its
own; it runs the test files that matter, up to the first failure. Exit status 1 if any mutant survives.
"""

import contextlib
import os
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
WORKERS = 2
PATIENCE = 240  # seconds for one mutant

#: Which tests should notice a mutant, by the beginning of its name; the first that fits. Each entry is
#: a run of pytest, the quickest first; the next one only starts if the ones before noticed nothing.
GATES, WALK = ["tests/test_gates.py"], "tests/test_access.py"
STEPS = [f"tests/referrals/test_actions_{noun}.py" for noun in ("repeats", "verdicts", "filing", "reception")]
WATCHERS = [
    ("transition referrals.rules.months", [["tests/referrals/test_months.py"]]),
    ("transition referrals", [["tests/referrals/test_rules.py"]]),
    ("transition followups.models", [["tests/followups/test_chances.py", "-k", "each_step"]]),
    ("transition followups", [["tests/followups/test_rules.py"]]),
    ("transition complaints.rules.complaint", [["tests/complaints/test_rules.py"]]),
    ("transition complaints.rules.closures", [["tests/complaints/test_closure_rules.py", "-k", "each_step"]]),
    ("transition complaints.rules.openings", [["tests/complaints/test_openings.py", "-k", "each_step"]]),
    (
        "transition clients",
        [
            [f"tests/clients/test_{part}.py" for part in ("custody", "destruction", "rights")]
            + ["-k", "each_step"]
        ],
    ),
    ("permission", [[WALK, "-k", "matrix"]]),
    ("constraint", [["tests/test_constraints.py"]]),
    ("scope referrals.views", [[WALK, "-k", "role and referrals:"], ["tests/referrals"]]),
    ("scope referrals", [GATES, STEPS, ["tests/referrals/test_access.py"], ["tests/referrals"]]),
    ("scope followups.views", [[WALK, "-k", "role and followups:"], ["tests/followups"]]),
    ("scope followups", [GATES, [WALK, "-k", "role and planitem"], ["tests/followups"]]),
    ("scope clients.views", [[WALK, "-k", "role and (clients: or custody: or rights:)"], ["tests/clients"]]),
    ("scope clients", [GATES, [WALK, "-k", "role and client-"], ["tests/clients"]]),
    (
        "scope complaints.views",
        [
            [WALK, "-k", "role and (complaints: or closures: or openings: or priority:)"],
            ["tests/complaints"],
        ],
    ),
    ("scope complaints", [GATES, [WALK, "-k", "role and complaint-"], ["tests/complaints"]]),
    ("scope rmflow.staff.views", [[WALK, "-k", "role and staff:"], ["tests/staff"]]),
    ("scope rmflow.staff", [["tests/staff/test_permissions.py"], GATES, ["tests/staff"]]),
    ("scope rmflow.workdays", [["tests/workdays/test_actions.py"], ["tests/workdays"]]),
    ("scope rmflow.notices", [["tests/notices/test_views.py"], GATES, [WALK, "-k", "role and notices:"]]),
    ("scope rmflow.privacy", [["tests/privacy/test_views.py", "tests/privacy/test_actions.py"]]),
    ("scope rmflow.portal", [[WALK, "-k", "role and portal:"], ["tests/portal"]]),
]
#: Mutants that change nothing anybody could notice, and why. Each is looked at when it is listed.
SAME = {
    "scope referrals.views.desk:file:": "the slip was filed by this very person a moment before",
    "scope rmflow.staff.views.people:": "whoever passes the require() before it sees all staff",
    "scope rmflow.privacy.views:access_log:": "only auditors pass the require() before it, and they audit all",
}


def watchers(name):
    runs = next(runs for beginning, runs in WATCHERS if name.startswith(beginning))
    if name.startswith("constraint"):
        return [[*runs[0], "-k", f"refused and {name.split()[1]}"]]
    return runs


def changes_nothing(name):
    return any(name.startswith(beginning) and name.endswith(("visible_to", "made_by")) for beginning in SAME)


def main(arguments):
    """Start private servers, share the mutants out, report."""
    if "RMFLOW_VAR" not in os.environ:
        os.execv(sys.executable, [sys.executable, str(ROOT / "tests/run.py"), __file__, *arguments])
    if arguments[:1] == ["--worker"]:
        return work(arguments[1], sys.stdin.read().splitlines())
    wanted = " ".join(word for word in arguments if not word.startswith("--"))
    listed = subprocess.run(
        [sys.executable, __file__, "--worker", "gw0"], input="?", capture_output=True, text=True, check=True
    )
    names = [name for name in listed.stdout.splitlines() if wanted in name and not changes_nothing(name)]
    if "--list" in arguments:
        print("\n".join(names))
        return 0
    return report(names, *share(names))


def share(names):
    """Run the mutants in WORKERS processes, each with its own database; (seconds, survivors)."""
    began = time.monotonic()
    workers = []
    for number in range(WORKERS):
        worker = subprocess.Popen(
            [sys.executable, __file__, "--worker", f"gw{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTEST_XDIST_WORKER": f"gw{number}"},
        )
        worker.stdin.write("\n".join(names[number::WORKERS]))
        worker.stdin.close()
        workers.append(worker)
    lines = [line for worker in workers for line in worker.stdout.read().splitlines()]
    if any(worker.wait() for worker in workers):
        sys.exit("A worker failed; nothing is proven.")
    survivors = sorted(line.removeprefix("survived: ") for line in lines if line.startswith("survived: "))
    if len(lines) != len(names):
        sys.exit(f"{len(names) - len(lines)} mutants were not tried; nothing is proven.")
    return time.monotonic() - began, survivors


def report(names, seconds, survivors):
    kinds = {
        kind: sum(name.startswith(kind) for name in names) for kind in sorted({n.split()[0] for n in names})
    }
    told = ", ".join(f"{count} of {kind}" for kind, count in kinds.items())
    print(f"{len(names)} mutants ({told}) in {seconds:.0f} s: {len(survivors)} survived.")
    for name in survivors:
        print(f"  survived: {name}")
    return 1 if survivors or not names else 0


def work(worker, names):
    """In a warm process: fork, mutate, test; one line per mutant."""
    os.environ["PYTEST_XDIST_WORKER"] = worker
    import django

    import tests.plugin  # noqa: F401  chooses the database before the settings are read

    django.setup()
    import pytest  # noqa: F401
    from django.urls import get_resolver

    from tests import mutants

    get_resolver().url_patterns  # noqa: B018  imports every view
    for plugin in entry_points(group="pytest11"):
        plugin.load()  # once, not in every fork
    if names == ["?"]:
        print("\n".join(mutants.names()))
        return 0
    for run in {tuple(run): run for name in names for run in watchers(name)}.values():
        if "refused and" not in str(run) and _run("", run):
            sys.exit(f"{' '.join(run)} fails without any mutant; nothing is proven.")
    for name in names:
        began = time.monotonic()
        noticed = any(_run(name, run) for run in watchers(name))
        said = f"{'noticed' if noticed else 'survived'}: {name}"
        print(said, flush=True)
        print(f"{said} ({time.monotonic() - began:.1f} s)", file=sys.stderr, flush=True)
    return 0


def _run(name, run):
    """Whether the tests of `run` fail on the mutant. In a fork, so that the next one starts clean."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os._exit(_tested(name, run))
        os._exit(99)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            if code not in (0, 1, 2):  # 2: it did not even import
                sys.exit(f"{name}: pytest ended with {code} on {' '.join(run)}.")
            return code != 0
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return True  # a mutant that hangs is noticed


def _tested(name, run):
    import pytest

    from tests import mutants, plugin

    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    if name.startswith("constraint"):
        clone = plugin.clone

        def clone_without():
            clone()
            mutants.apply(name)

        plugin.clone = clone_without
    elif name:
        mutants.apply(name)
    return pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *run])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
