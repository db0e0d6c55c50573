"""What the update gate adds to `pulumi up`: the same program with our pack, with an empty one, and with none.

The peer is a pack without rules on Pulumi's own SDK, which has an environment of its own. Each update starts with an
empty region and an empty state. Every rule is evaluated and recorded as always; the program gives them nothing to say.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import engine
from headgate.sandbox.layout import CHECKOUT
from lint import environment

OURS, EMPTY, NONE = "Headgate's pack", "an empty pack", "no pack"
GOAL = 1.15
_ROUNDS = 3
# A pack must have a policy: this one finds nothing.
_PACK = """from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

nothing = ResourceValidationPolicy(name="nothing", description="Nothing.", validate=lambda _args, _report: None)
PolicyPack("empty", enforcement_level=EnforcementLevel.MANDATORY, policies=[nothing])
"""


@dataclass(frozen=True)
class Updated:
    """Seconds of some updates under one pack, and the processor time of the gate's own processes in the last."""

    pack: str
    seconds: tuple[float, ...]
    gate_seconds: float

    @property
    def middle(self) -> float:
        """Return the median."""
        return statistics.median(self.seconds)


def measure(resources: int) -> list[Updated]:
    """Deploy with each pack in turn, some times over, so that what else the machine does meets all alike."""
    packs = {OURS: str(CHECKOUT / "policies" / "pack"), NONE: ""}
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as folder:
        packs[EMPTY] = str(_empty_pack(Path(folder)))
        runs = [(name, engine.deploy(resources, _gate(pack))) for _ in range(_ROUNDS) for name, pack in packs.items()]
    return [_of(name, [run for each, run in runs if each == name]) for name in (OURS, EMPTY, NONE)]


def _of(name: str, runs: list[engine.Run]) -> Updated:
    return Updated(name, tuple(run.seconds for run in runs), runs[-1].parts.get("policy pack", 0.0))


def _gate(pack: str) -> dict[str, str]:
    """Return the variables that choose the pack; the engine takes one that is empty as none."""
    return {"PULUMI_OPTION_POLICY_PACK": pack} if pack else {}


def _empty_pack(folder: Path) -> Path:
    """Write the empty pack, with the environment that its SDK is installed in."""
    python = environment.program("policy-sdk", "python")
    pack = folder / "empty_pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text(
        f"runtime:\n  name: python\n  options:\n    virtualenv: {os.path.relpath(python.parents[1], pack)}\n"
    )
    (pack / "__main__.py").write_text(_PACK)
    return pack


def table(resources: int, updates: list[Updated]) -> str:
    """Return the updates as a table, each against the empty pack."""
    peer = next(each for each in updates if each.pack == EMPTY)
    lines = [
        f"{resources:,} resources, median of {_ROUNDS}:",
        "",
        "| under | seconds | of the empty pack | goal | met | processor time of the pack's processes |",
        "|---|---|---|---|---|---|",
    ]
    for each in updates:
        ratio = each.middle / peer.middle
        goal = (f"at most {GOAL}", "yes" if ratio <= GOAL else "no") if each.pack == OURS else ("-", "-")
        runs = ", ".join(f"{seconds:.1f}" for seconds in each.seconds)
        cells = [each.pack, f"{each.middle:.1f} ({runs})", f"{ratio:.2f}", *goal, f"{each.gate_seconds:.1f} s"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
