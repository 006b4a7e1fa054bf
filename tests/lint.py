"""Every check of `make lint`, each with its name; all run, the failures are listed at the end.

`--write-lock` writes requirements.txt and requirements-dev.txt from pyproject.toml instead.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rmflow import environment  # noqa: E402

LOCKS = {"requirements.txt": [], "requirements-dev.txt": ["--group", "dev"]}
PYTHON = [sys.executable, "-m"]
APPS = ["rmflow", "clients", "followups", "referrals", "complaints", "maintenance"]
CHECKS = {
    "style": [*PYTHON, "ruff", "check", ".", "--output-format", "concise"],
    "format": [*PYTHON, "ruff", "format", "--check", ".", "--output-format", "concise"],
    "floors": [sys.executable, "-c", "from importlinter.cli import lint_imports_command as m; m()"],
    "security": [*PYTHON, "bandit", "--quiet", "-r", *APPS, "-c", "pyproject.toml", "-ll"],
    "templates": [*PYTHON, "djlint", "templates", "--lint", "--quiet"],
    "types": [*PYTHON, "mypy", "--no-error-summary", *APPS],
}


def main(arguments: list[str]) -> int:
    """Run all checks, or write the locks; the exit status."""
    os.chdir(ROOT)
    if arguments == ["--write-lock"]:
        for name in LOCKS:
            _compile(name, Path(name), offline=False, upgrade=True)
        return 0
    failed = [name for name, command in CHECKS.items() if not _passes(name, command)]
    failed += _locks() + _rules_of_the_house()
    print("lint: " + (f"FAILED: {', '.join(failed)}" if failed else "all checks passed"))
    return bool(failed)


def _passes(name: str, command: list[str]) -> bool:
    variables = {
        **os.environ,
        **environment.embedded_addresses(ROOT / "var"),  # read, never reached
        **environment.new_secrets(),
        "RMFLOW_MODE": "test",
        "ALLOWED_HOSTS": "localhost",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"--- {name} ---\n{done.stdout}{done.stderr}", flush=True)
    return done.returncode == 0


def _compile(name: str, output: Path, *, offline: bool, upgrade: bool = False) -> int:
    command = [*PYTHON, "uv", "pip", "compile", "--quiet", "pyproject.toml", *LOCKS[name]]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-header", "--output-file", str(output)]
    command += ["--upgrade"] if upgrade else []
    command += ["--constraint", "requirements.txt"] if name == "requirements-dev.txt" else []
    return subprocess.call(command)


def _pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def _locks() -> list[str]:
    """Direct dependencies are in the locks with the versions asked for; both locks agree.

    Read from the files alone, so it works without a network.
    """
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads(Path("pyproject.toml").read_text())
    run, dev = (_pins(Path(name).read_text()) for name in LOCKS)
    wanted = {"requirements.txt": project["project"]["dependencies"]}
    wanted["requirements-dev.txt"] = wanted["requirements.txt"] + project["dependency-groups"]["dev"]
    wrong = [f"{name} differs in the two locks" for name in run if dev.get(name) != run[name]]
    for name, pins in (("requirements.txt", run), ("requirements-dev.txt", dev)):
        for line in wanted[name]:
            asked = Requirement(line)
            have = pins.get(canonicalize_name(asked.name))
            if have is None or have not in asked.specifier:
                wrong.append(f"{name}: {line} is not locked so (has {have})")
    if wrong:
        print("--- locks --- (make lock)\n" + "\n".join(wrong))
    return ["locks"] if wrong else []


def _unwanted(name: str) -> str | None:
    """What may not stand in a line of the file `name`."""
    if name.endswith(".html"):
        return r"\sstyle=\"|\son[a-z]+=\"|<style|<script(?![^>]*\ssrc=)"
    if not name.endswith(".py"):
        return None
    patterns = [r"\b(TODO|FIXME)\b", r"mark\.(skip|xfail)|pytest\.(skip|xfail)\("]
    if re.search(r"\brules(/\w+)?\.py$", name) and not name.startswith("tests/"):
        patterns.append(
            r"^(from|import) (django\.(db\b(?!\.models import TextChoices$)|http)|rest_framework)\b"
        )
        patterns.append(r"^from django\.utils import .*\btimezone\b")
    if re.search(r"\bactions(/\w+)?\.py$", name) and not name.startswith("tests/"):
        patterns.append(r"^(from|import) (django\.(http|forms|contrib\.messages)|rest_framework)\b")
    return "|".join(patterns)


def _rules_of_the_house() -> list[str]:
    """What no linter knows: no skipped tests, no inline script or style, pure rules, no notes to self."""
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout
    wrong = []
    for name in tracked.splitlines():
        path = Path(name)
        if not path.is_file() or path == Path("tests/lint.py") or name.startswith("static/vendor/"):
            continue
        pattern = _unwanted(name)
        if pattern is None:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(pattern, line):
                wrong.append(f"{name}:{number}: {line.strip()[:100]}")
    if wrong:
        print("--- house ---\n" + "\n".join(wrong))
    return ["house"] if wrong else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
