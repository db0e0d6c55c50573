"""`headgate check` against Checkov and gator over the same resources, and from one rule to all of them.

Checkov reads an ARM template of the platform's production stack, with its own checks; Headgate the plan, with its own
rules. What each finds is different: what is compared is how long somebody waits for a verdict. gator reads the same
manifests as Headgate, and judges by the same rules, written as Gatekeeper's templates.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.policy import Timed, best, checking, preview, step
from headgate.policy import gatekeeper
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import Rule, for_gate
from headgate.sandbox.toolchain import tool_path
from lint import arm, checkov, environment
from lint.stacks import rendered

_STACK = "platform-prod"
RESOURCES, _OF_ALL_RULES = 100, 1_000
_GOAL = 0.25  # Of Checkov's time (ADR 35).


@dataclass(frozen=True)
class Measured:
    """One plan under both programs, and a larger one under more and more rules."""

    headgate: Timed
    checkov: Timed
    manifests: Timed
    gator: Timed
    by_rules: dict[int, Timed]


def measure() -> Measured:
    """Judge the first of a platform's Azure resources with both, then a team's plan by some rules and by all."""
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as name:
        folder = Path(name)
        plan, templates = _written(folder)
        asked = checkov.command(environment.program(checkov.CHECK, "checkov"), str(templates))
        ours = best(checking(plan), folder)
        theirs = best(asked, folder, checkov.variables(str(templates)))
        return Measured(ours, theirs, *_over_manifests(folder), _by_rules(folder))


def _written(folder: Path) -> tuple[Path, Path]:
    """Write the same resources as a plan and, in a folder of its own, as a template."""
    resources = [each for each in rendered()[_STACK] if each.type.startswith(arm.PREFIX)][:RESOURCES]
    plan, templates = folder / "azure.json", folder / "templates"
    templates.mkdir()
    plan.write_text(json.dumps({"steps": [step(asdict(each)) for each in resources]}))
    (templates / f"{_STACK}.json").write_text(json.dumps(arm.template(resources)))
    return plan, templates


def _over_manifests(folder: Path) -> tuple[Timed, Timed]:
    """Judge a team's Kubernetes objects with both, by the rules that Gatekeeper can take."""
    manifests, templates, bundle = folder / "manifests.yaml", folder / "gatekeeper", Bundle.find()
    states = [each["newState"] for each in preview(_OF_ALL_RULES)["steps"]]
    objects = [each["inputs"] for each in states if each["type"].startswith("kubernetes:")]
    manifests.write_text("\n---\n".join(json.dumps(each) for each in objects))
    told, _ = gatekeeper.told(bundle, "prod")
    written = gatekeeper.files(told)
    gatekeeper.write(templates, {name: text for name, text in written.items() if _is_asked(name)})
    rules = {each.rule.id for each in told}
    tree = _tree(folder / "told", [each for each in bundle.rules if each.id not in rules])
    ours = [sys.executable, "-m", "headgate.cli.main", "check", "--manifests", str(manifests), "--json"]
    theirs = [str(tool_path("gator")), "test", "--filename", str(templates), "--filename", str(manifests)]
    return best([*ours, "--policies", str(tree)], folder), best([*theirs, "--output", "json"], folder)


def _is_asked(name: str) -> bool:
    """Whether a file is a template or a constraint, and not of the suite that proves them."""
    return name.endswith(("/template.yaml", "/constraint.yaml"))


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
    fewest = next(iter(measured.by_rules.values()))
    return "\n".join(
        [
            f"{RESOURCES} Azure resources of `{_STACK}`, as a plan and as an ARM template:",
            "",
            *_compared("Checkov", measured.headgate, measured.checkov, f"at most {_GOAL}"),
            "",
            f"The Kubernetes objects of {_OF_ALL_RULES:,} resources of a team, as manifests, by the rules of admission "
            "that Gatekeeper can take:",
            "",
            *_compared("gator", measured.manifests, measured.gator, "-"),
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


def _compared(peer: str, ours: Timed, theirs: Timed, goal: str) -> list[str]:
    return [
        f"| Headgate | {peer} | ratio | goal | memory | of {peer} |",
        "|---|---|---|---|---|---|",
        f"| {ours.seconds:.2f} s | {theirs.seconds:.2f} s | {ours.seconds / theirs.seconds:.2f} | {goal} | "
        f"{ours.peak_bytes / 1e6:.0f} MB | {ours.peak_bytes / theirs.peak_bytes:.2f} |",
    ]
