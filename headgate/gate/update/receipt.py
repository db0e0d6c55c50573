"""The receipt of an update: which approved plan `headgate up` applies, as the pack finds it out for itself.

The protected path hands over the plan's form and the approvals. What can be known here is not believed: the form's
digest, the tree, the keys, and whether the engine was given that plan and nothing that narrows it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headgate.approval.document import Subject
from headgate.approval.facts import facts
from headgate.errors import HeadgateError
from headgate.plan.digest import digest_of
from headgate.plan.tree import tree_of
from headgate.policy.bundle import Bundle

VARIABLE = "HEADGATE_RECEIPT"
_PLAN = "--plan"
# The only other options with which the protected path starts an update.
_PLAIN = re.compile(
    r"--(?:non-interactive|color=never|yes|skip-preview|stack|event-log|policy-pack|plan|logtostderr|v=\d+)"
)
_OPTIONS = "PULUMI_OPTION_"
_HARMLESS = frozenset({"PULUMI_OPTION_POLICY_PACK"})
_MOST_ANCESTORS = 12
_SECONDS = 10


def written(subject: Subject, form: Mapping[str, Any], tokens: Sequence[str], plan: Path, made: int) -> str:
    """Return a receipt for an update that is about to begin."""
    return json.dumps(
        {
            "subject": subject.as_json(),
            "form": form,
            "approvals": list(tokens),
            "plan": str(plan),
            "sha256": hashlib.sha256(plan.read_bytes()).hexdigest(),
            "made": made,
        }
    )


def facts_of(bundle: Bundle, project: Path) -> dict[str, Any] | None:
    """Return what the rules are told of this update; None without a receipt, which they refuse."""
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        subject = Subject(**{**found["subject"], "authors": tuple(found["subject"]["authors"])})
        carried, tokens, made, plan = digest_of(found["form"]), found["approvals"], int(found["made"]), found["plan"]
        # A plan that was changed since is another one.
        whole = hashlib.sha256(Path(plan).read_bytes()).hexdigest() == found["sha256"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise HeadgateError(
            "the receipt of the update can't be read, so nothing is applied",
            where=path,
            found=repr(error),
            expected=f"what `headgate up` writes; ${VARIABLE} is not set by hand",
            fix=f"unset {VARIABLE}, and `headgate up`",
        ) from error
    told = {
        "stack": str(found["form"].get("stack")),
        "action": str(found["form"].get("action")),
        "carried": carried,
        "tree": tree_of(project),
        "made": made,
        "held": whole and is_held(plan, ancestors()) and not narrowed(os.environ),
    }
    return facts(subject, tokens, bundle, applies=True, receipt=told)


def is_held(plan: str, commands: Sequence[Sequence[str]]) -> bool:
    """Whether the engine above this process was given the plan, and no option but those of the protected path."""
    engine = next((each for each in commands if each and Path(each[0]).name == "pulumi"), None)
    if engine is None or _PLAN not in engine or engine[engine.index(_PLAN) + 1 :][:1] != [plan]:
        return False
    options = [each for each in engine[1:] if each.startswith("-")]
    return all(_PLAIN.fullmatch(each) for each in options) and engine.count(_PLAN) == 1 and "up" in engine


def is_analysis(commands: Sequence[Sequence[str]]) -> bool:
    """Whether the engine above this process looks at what a state holds, and changes nothing."""
    engine = next((each for each in commands if each and Path(each[0]).name == "pulumi"), None)
    return engine is not None and list(engine[1:3]) == ["policy", "analyze"]


def narrowed(variables: Mapping[str, str]) -> bool:
    """Whether a variable gives the engine an option: each of them has one (`PULUMI_OPTION_TARGET`)."""
    return any(name.startswith(_OPTIONS) and name not in _HARMLESS for name in variables)


def ancestors() -> list[list[str]]:
    """Return the commands of the processes above this one, the nearest first."""
    found, pid = [], os.getppid()
    for _ in range(_MOST_ANCESTORS):
        if pid <= 1:
            break
        command, pid = _process(pid)
        found.append(command)
    return found


def _process(pid: int) -> tuple[list[str], int]:
    """Return a process's command and its parent; the empty command where it can't be told."""
    folder = Path(f"/proc/{pid}")
    try:
        if folder.is_dir():
            command = folder.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
            return command, int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
        # Where there is no /proc. Paths with blanks come apart here, and an update from such a place is refused.
        told = subprocess.run(
            ["ps", "-o", "ppid=,command=", "-p", str(pid)], capture_output=True, text=True, timeout=_SECONDS, check=True
        ).stdout.split()
        return told[1:], int(told[0])
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return [], 0
