"""Checkov's checks of ARM templates, over each platform's plan and each component's cases.

Its requirements are many and conflict with ours, so it has a lock and an environment of its own. Checkov is told to
download nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from lint import environment
from lint.finding import Finding

CHECK = "checkov"


def findings(templates: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Finding]]:
    """Yield what Checkov finds in the templates, each with the stack that it is in."""
    program = environment.program(CHECK, "checkov")
    with tempfile.TemporaryDirectory(prefix="headgate-lint-") as folder:
        for stack, template in templates.items():
            (Path(folder) / f"{stack}.json").write_text(json.dumps(template, indent=1))
        report = _run(program, folder)
    left_out = unjudged(templates, _results(report, "passed_checks", "failed_checks"))
    if report["summary"]["parsing_errors"] or left_out:
        raise _silent(f"{report['summary']}, and of {left_out} nothing was checked")
    for each in _results(report, "failed_checks"):
        yield Path(each["file_path"]).stem, Finding(CHECK, each["check_id"], each["resource"], each["check_name"])


def unjudged(templates: Mapping[str, Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the templates without a result that should have one: Checkov has checks for a type in them."""
    checked = {Path(each["file_path"]).stem for each in results}
    named = {each["resource"] for each in results}
    types = {stack: {each["type"] for each in found["resources"]} for stack, found in templates.items()}
    known = {
        each["type"]
        for found in templates.values()
        for each in found["resources"]
        if f"{each['type']}.{each['name']}" in named
    }
    return sorted(stack for stack in templates if stack not in checked and (not known or types[stack] & known))


def command(program: Path, folder: str) -> list[str]:
    """Return how Checkov is asked about a folder of templates."""
    return [str(program), "-d", folder, "--framework", "arm", "-o", "json", "--compact", "--skip-download"]


def variables(folder: str) -> dict[str, str]:
    """Return what keeps Checkov from reading or saying anything of whoever runs it."""
    return {"PYTHONPATH": "", "LOG_LEVEL": "ERROR", "HOME": folder}


def _results(report: Mapping[str, Any], *names: str) -> list[Mapping[str, Any]]:
    return [each for name in names for each in report["results"][name]]


def _run(program: Path, folder: str) -> dict[str, Any]:
    """Run Checkov over a folder of templates."""
    answer = subprocess.run(
        command(program, folder),
        cwd=folder,
        env={**os.environ, **variables(folder)},
        capture_output=True,
        text=True,
        check=False,
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
        fix=f"remove {environment.folder(CHECK)}, then `make lint`; after a change of {environment.lock_of(CHECK)}, "
        "see that its report is still read",
    )
