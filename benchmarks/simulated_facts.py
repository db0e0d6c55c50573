"""Simulated facts: signed as those of a registry are, about models that nobody has proven and no registry here holds.

For measurements and tests of committed stacks, whose models are examples. The key is made on the spot, and whoever
judges by it has to name it: nothing that runs anywhere else does.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from headgate.gate.mentions import Mention
from headgate.model.proofs.statement import now, written
from headgate.policy import archive
from headgate.policy.bundle import Bundle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_rules_key
from headgate.stack import StackName, load_stack

_LASTS = datetime.timedelta(hours=6)


def models_of(stack: str, stacks: Path) -> list[Mention]:
    """Return the models of a team's stack."""
    team = load_stack(StackName.parse(stack), stacks).team
    served = {(each.name, each.digest) for each in team.models} | {(m.name, m.digest) for m in team.language_models}
    scored = {(job.model, job.digest) for job in team.batch}
    return [(f"{team.name}/{name}", digest) for name, digest in sorted(served | scored)]


def simulated_facts(folder: Path, environment: str, models: Iterable[Mention]) -> dict[str, str]:
    """Write an edition in which all that rules ask for is said of models; return the variables that name it."""
    registry = Bundle.find().parameters[environment]["registries"]["images"][0]
    at = now()
    document = {
        "registry": registry,
        "serial": int(at.timestamp() * 1000),
        "at": written(at),
        "until": written(at + _LASTS),
        "models": {f"models/{name}@{digest}": simulated_fact(name, digest, at) for name, digest in models},
    }
    private, public = ensure_rules_key(StateDir(folder / "simulated").ensure())
    file = folder / "simulated-facts.tar.gz"
    file.write_bytes(archive.sign(archive.of_data({"facts": document}, "simulated facts"), private))
    seen = str(folder / "seen")
    return {"HEADGATE_FACTS": str(file), "HEADGATE_FACTS_KEY": str(public), "HEADGATE_SEEN": seen}


def simulated_fact(name: str, digest: str, at: datetime.datetime) -> dict[str, Any]:
    """Return what would be known of a version of which everything is proven."""
    return {
        "name": name,
        "version": "1.0.0",
        "digest": digest,
        "stage": "production",
        "revoked": False,
        "signers": ["simulated"],
        "attested": dict.fromkeys(("card", "lineage", "bom", "evaluation"), written(at)),
        "missed": [],
        "measures": {"quality": 1, "fairness": 1, "explainability": 1},
        "largest_gap": 0.0,
        "faults": [],
        "deployed": ["simulated-staging"],
        "ingredients": [],
    }
