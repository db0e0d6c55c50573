"""Everything that must be true of the Rego before it judges anything: format, types, METADATA, tests and coverage."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from headgate.policy import opa, samples
from headgate.policy.bundle import Bundle

_SECONDS = 300
# A test may take five seconds by default, and on a machine that does other things takes them.
_PATIENT = ("--timeout", "120s")


@dataclass(frozen=True)
class Step:
    """One thing that was looked at, and what was found."""

    name: str
    ok: bool
    detail: str = ""


def steps(bundle: Bundle) -> Iterator[Step]:
    """Yield each step as it is done."""
    rego, schemas = str(bundle.root / "rego"), str(bundle.root / "schemas")
    looks = (
        partial(_formatted, rego),
        partial(_checked, rego, schemas),
        partial(_described, bundle),
        partial(_tested, rego, schemas),
        partial(_kept, rego),
        partial(_covered, rego, schemas),
    )
    with ThreadPoolExecutor() as pool:
        yield from pool.map(lambda look: look(), looks)


def _formatted(rego: str) -> Step:
    done = _run("fmt", "--list", rego)
    return Step("formatted as `opa fmt` does", done.returncode == 0 and not done.stdout.strip(), done.stdout)


def _checked(rego: str, schemas: str) -> Step:
    done = _run("check", "--strict", "--schema", schemas, rego)
    return Step("strict, and true to the schemas", done.returncode == 0, done.stderr or done.stdout)


def _described(bundle: Bundle) -> Step:
    """Let the check in Rego judge the METADATA."""
    rego = str(bundle.root / "rego")
    # All of it: types are inferred, and without the library those of what rules take from there can't be.
    inspected = _run("inspect", "--annotations", "--format", "json", rego)
    if inspected.returncode:
        return Step("METADATA of every rule", ok=False, detail=inspected.stderr)
    document = {"annotations": json.loads(inspected.stdout).get("annotations", []), "samples": _sample_counts(bundle)}
    done = _run(
        *("eval", "--format", "json", "--stdin-input", "--data", f"{rego}/checks", "data.checks.metadata.violation"),
        text=json.dumps(document),
    )
    if done.returncode:
        return Step("METADATA of every rule", ok=False, detail=done.stdout or done.stderr)
    found = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    return Step("METADATA of every rule", not found, "\n".join(found))


def _sample_counts(bundle: Bundle) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for rule in bundle.rules:
        found = list(samples.of(bundle, rule))
        allowed = sum(sample.allowed for sample in found)
        counts[f"{rule.category}/{rule.name}"] = {"allowed": allowed, "disallowed": len(found) - allowed}
    return counts


def _tested(rego: str, schemas: str) -> Step:
    done = _run("test", *_PATIENT, "--schema", schemas, rego)
    summary = (done.stdout.strip().splitlines() or ["no test"])[-1]
    return Step(f"tests ({summary})", done.returncode == 0, done.stdout + done.stderr)


def _kept(rego: str) -> Step:
    """Ask for the tests as the gates ask: where a built-in is given what it can't take, there is no verdict."""
    done = _run("eval", "--format", "json", "--strict-builtin-errors", "--data", rego, "[data.lib, data.rules]")
    try:
        failed: list[dict[str, Any]] = json.loads(done.stdout).get("errors", [])
    except ValueError:
        return Step("built-ins", ok=False, detail=done.stdout + done.stderr)
    told = [f"{error['location']['file']}:{error['location']['row']}: {error['message']}" for error in failed]
    return Step("no built-in that fails in a test", done.returncode == 0, "\n".join(told) or done.stderr)


def _covered(rego: str, schemas: str) -> Step:
    done = _run("test", *_PATIENT, "--coverage", "--format", "json", "--schema", schemas, rego)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return Step("coverage", ok=False, detail=done.stdout + done.stderr)
    missing = [
        f"{name}:{part['start']['row']}"
        for name, file in sorted(report["files"].items())
        for part in file.get("not_covered") or []
    ]
    return Step(f"coverage ({report['coverage']:.4g} %)", not missing, "\n".join(missing))


def _run(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(opa.executable()), *arguments]
    try:
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (subprocess.TimeoutExpired, OSError) as error:
        raise opa.unavailable(str(error)) from error
