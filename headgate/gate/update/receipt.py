"""The receipt of an update: which approved plan `headgate up` applies, as the pack finds it out for itself.

The protected path hands over the plan's form and the approvals. What can be known here is not believed: the form's
digest, the tree, the keys, and whether the engine was given that plan and no option that makes another update of it.
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
_UNSEEN = "--skip-preview"
# The only other options with which the protected path starts an update.
_PLAIN = re.compile(
    r"--(?:non-interactive|color=never|yes|skip-preview|stack|event-log|policy-pack|plan|logtostderr|v=\d+)"
)
# Which option a single letter stands for, so that it is told by its name.
_SHORT = {"c": "config", "f": "skip-preview", "p": "parallel", "r": "refresh", "s": "stack", "t": "target", "y": "yes"}
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


def facts_of(bundle: Bundle, project: Path) -> dict[str, Any]:
    """Return what the rules are told of this update: without a receipt, which they refuse, the options given."""
    path, engine = os.environ.get(VARIABLE), engine_of(ancestors())
    if not path:
        unseen = [_UNSEEN] if any(_named(each) == _UNSEEN for each in engine) else []
        return {"engine": {"options": [*unseen, *options_of(engine, os.environ)]}}
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
        "engine": {"plan": plan_of(engine, plan) if whole else "edited", "options": options_of(engine, os.environ)},
    }
    return facts(subject, tokens, bundle, applies=True, receipt=told)


def engine_of(commands: Sequence[Sequence[str]]) -> list[str]:
    """Return the command of the engine that asks: the nearest one above this process; nothing where there is none."""
    return list(next((each for each in commands if each and Path(each[0]).name == "pulumi"), ()))


def plan_of(engine: Sequence[str], plan: str) -> str:
    """Say which plan an engine was given: the `approved` one, `another`, or `none`; or that it makes no `update`."""
    if "up" not in engine:
        return "no update"
    given = [engine[index + 1 :][:1] for index, each in enumerate(engine) if each == _PLAN]
    if not given:
        return "none"
    return "approved" if given == [[plan]] else "another"


def options_of(engine: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """Return the options that are not the protected path's, by name.

    Each option has a variable too (`PULUMI_OPTION_TARGET`).
    """
    given = {
        _named(each) for each in engine[1:] if each.startswith("-") and not _PLAIN.fullmatch(_named(each, whole=True))
    }
    return [*sorted(given), *sorted(name for name in variables if name.startswith(_OPTIONS) and name not in _HARMLESS)]


def _named(option: str, *, whole: bool = False) -> str:
    """Return an option's long name, without its value unless the whole is asked for."""
    if re.fullmatch(r"-[a-z]", option):
        return f"--{_SHORT[option[1]]}" if option[1] in _SHORT else option
    return option if whole or not option.startswith("--") else option.partition("=")[0]


def is_analysis(commands: Sequence[Sequence[str]]) -> bool:
    """Whether the engine above this process looks at what a state holds, and changes nothing."""
    return engine_of(commands)[1:3] == ["policy", "analyze"]


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
