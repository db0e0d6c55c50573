"""Checkov's checks of ARM templates, over each platform's plan.

Owns Checkov's own virtual environment: its requirements are many and conflict with ours, so they have a lock of their
own (`requirements/checkov.txt`) and are installed on first use into the cache, by hash. Checkov is told to download
nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from lint import cache
from lint.finding import Finding

CHECK = "checkov"
LOCK = "requirements/checkov.txt"
_READY = ".ready"


def findings(templates: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Finding]]:
    """Yield what Checkov finds in the templates, each with the stack that it is in."""
    program = _program()
    with tempfile.TemporaryDirectory(prefix="headgate-lint-") as folder:
        for stack, template in templates.items():
            (Path(folder) / f"{stack}.json").write_text(json.dumps(template, indent=1))
        report = _run(program, folder)
    checked = {Path(each["file_path"]).stem for each in _results(report, "passed_checks", "failed_checks")}
    if report["summary"]["parsing_errors"] or checked != set(templates):
        raise _silent(f"{report['summary']}, and of {sorted(set(templates) - checked)} nothing was checked")
    for each in _results(report, "failed_checks"):
        yield Path(each["file_path"]).stem, Finding(CHECK, each["check_id"], each["resource"], each["check_name"])


def _results(report: Mapping[str, Any], *names: str) -> list[Mapping[str, Any]]:
    return [each for name in names for each in report["results"][name]]


def _run(program: Path, folder: str) -> dict[str, Any]:
    """Run Checkov over a folder of templates."""
    command = [str(program), "-d", folder, "--framework", "arm", "-o", "json", "--compact", "--skip-download"]
    quiet = {"PYTHONPATH": "", "LOG_LEVEL": "ERROR", "HOME": folder}
    answer = subprocess.run(
        command, cwd=folder, env={**os.environ, **quiet}, capture_output=True, text=True, check=False
    )
    try:
        report = json.loads(answer.stdout)
    except ValueError as error:
        raise _silent((answer.stdout + answer.stderr)[-400:]) from error
    if not isinstance(report, dict) or "results" not in report:
        raise _silent(str(report)[:400])
    return report


def _silent(found: str) -> HeadgateError:
    return HeadgateError(
        "Checkov did not judge every template, so the check did not run",
        where="lint/checkov.py",
        found=found,
        expected="its JSON report over every platform stack",
        fix=f"remove {_folder()}, then `make lint`; after a change of {LOCK}, see that its report is still read",
    )


def _folder() -> Path:
    """Return where this lock's environment is."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return cache.folder() / f"checkov-{version}-{cache.digest_of_files([LOCK])}"


def _program() -> Path:
    """Return Checkov, installed on first use; two calls at once install it once."""
    folder = _folder()
    program = folder / "bin" / "checkov"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / _READY).exists():
            _install(folder)
    return program


def _install(folder: Path) -> None:
    """Install what the lock names, by hash."""
    venv.create(folder, clear=True, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    answer = subprocess.run(
        [*pip, "--require-hashes", "-r", str(cache.CHECKOUT / LOCK)], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise HeadgateError(
            "Checkov can't be installed",
            where=LOCK,
            found=answer.stderr.strip()[-400:],
            expected="its requirements, by hash, from the package index that pip uses",
            fix="see that `pip download` works here, then `make lint`",
        )
    (folder / _READY).touch()
