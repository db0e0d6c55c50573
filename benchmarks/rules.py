"""`headgate check` against Checkov over the same Azure resources, and from one rule to all of them.

Checkov reads an ARM template of the platform's production stack, with its own checks; Headgate the plan, with its own
rules. What each finds is different: what is compared is how long somebody waits for a verdict.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.policy import Timed, best, checking, preview, step
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import Rule, for_gate
from lint import arm, checkov, environment
from lint.stacks import rendered

_STACK = "platform-prod"
RESOURCES, _OF_ALL_RULES = 100, 1_000
_GOAL = 0.1


@dataclass(frozen=True)
class Measured:
    """One plan under both programs, and a larger one under more and more rules."""

    headgate: Timed
    checkov: Timed
    by_rules: dict[int, Timed]


def measure() -> Measured:
    """Judge the first of a platform's Azure resources with both, then a team's plan by some rules and by all."""
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as name:
        folder = Path(name)
        plan, templates = _written(folder)
        asked = checkov.command(environment.program(checkov.CHECK, "checkov"), str(templates))
        ours = best(checking(plan), folder)
        theirs = best(asked, folder, checkov.variables(str(templates)))
        return Measured(ours, theirs, _by_rules(folder))


def _written(folder: Path) -> tuple[Path, Path]:
    """Write the same resources as a plan and, in a folder of its own, as a template."""
    resources = [each for each in rendered()[_STACK] if each.type.startswith(arm.PREFIX)][:RESOURCES]
    plan, templates = folder / "azure.json", folder / "templates"
    templates.mkdir()
    plan.write_text(json.dumps({"steps": [step(asdict(each)) for each in resources]}))
    (templates / f"{_STACK}.json").write_text(json.dumps(arm.template(resources)))
    return plan, templates


def _by_rules(folder: Path) -> dict[int, Timed]:
    """Judge one plan by the first rule, by half of them, and by all."""
    plan = folder / "rules.json"
    plan.write_text(json.dumps(preview(_OF_ALL_RULES)))
    rules = for_gate(Bundle.find().rules, "P")
    return {
        count: best(checking(plan, "--policies", str(_tree(folder / str(count), rules[count:]))), folder)
        for count in (1, len(rules) // 2, len(rules))
    }


def _tree(tree: Path, without: Sequence[Rule]) -> Path:
    """Lay out the rules without some of them; `--only` would leave them out of the verdict, and judge by all."""
    shutil.copytree(Bundle.find().root, tree)
    for rule in without:
        shutil.rmtree(tree / "rego" / "rules" / rule.category / rule.name)
    return tree


def table(measured: Measured) -> str:
    """Return both as tables."""
    ours, theirs = measured.headgate, measured.checkov
    ratio = ours.seconds / theirs.seconds
    fewest = next(iter(measured.by_rules.values()))
    return "\n".join(
        [
            f"{RESOURCES} Azure resources of `{_STACK}`, as a plan and as an ARM template:",
            "",
            "| Headgate | Checkov | ratio | goal | memory | of Checkov |",
            "|---|---|---|---|---|---|",
            f"| {ours.seconds:.2f} s | {theirs.seconds:.2f} s | {ratio:.2f} | at most {_GOAL} | "
            f"{ours.peak_bytes / 1e6:.0f} MB | {ours.peak_bytes / theirs.peak_bytes:.2f} |",
            "",
            f"By more and more rules, {_OF_ALL_RULES:,} resources:",
            "",
            "| rules | seconds | of one rule |",
            "|---|---|---|",
            *(
                f"| {count} | {each.seconds:.2f} s | {each.seconds / fewest.seconds:.2f} |"
                for count, each in measured.by_rules.items()
            ),
        ]
    )
