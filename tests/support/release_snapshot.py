"""What a release deploys, kept so that the next is planned against it: `make snapshot`, on the sandbox of `make up`.

A snapshot is the state of the sandbox's stacks, without what no plan looks at: long texts are cut, and secrets are
replaced by what a plan-only preview takes for them.
It is made once a release, from the commit that is released, and committed with it.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from headgate.engine.environment import child_environment, prepare
from headgate.engine.process import Pulumi
from headgate.engine.scratch import SECRET, SIGNATURE, exported
from headgate.sandbox.layout import CHECKOUT, StateDir
from headgate.sandbox.providers.azure_native.placeholders import NOTHING, kubeconfig

SNAPSHOTS = CHECKOUT / "tests" / "snapshots"
STACKS = ("platform-sandbox", "fraud-sandbox")
# What the engine compares, and what programs read of a resource that stays.
_KEPT = ("urn", "type", "custom", "id", "parent", "provider", "inputs", "outputs", "protect", "external")
_LONGEST = 600


def reduced(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a deployment with what an upgrade is planned against, and nothing else."""
    return {
        "resources": [
            {key: _public(each[key]) for key in _KEPT if key in each} for each in deployment.get("resources") or []
        ]
    }


def _public(value: Any) -> Any:
    """Replace secrets, and cut long texts: that they differ is an update, whatever they say."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _stand_in(json.loads(value["plaintext"]))
        return {key: _public(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_public(each) for each in value]
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:80]} … cut: {len(value)} characters"
    return value


def _stand_in(secret: Any) -> Any:
    """Return what stands for a secret: a client configuration of the same cluster that opens nothing, or a word."""
    if isinstance(secret, dict):
        return {key: _stand_in(each) for key, each in secret.items()}
    if isinstance(secret, list):
        return [_stand_in(each) for each in secret]
    found = re.search(r"^current-context: (\S+)$", str(secret), re.MULTILINE)
    return kubeconfig(found[1]) if found and "kind: Config" in str(secret) else NOTHING


def releases() -> list[str]:
    """Return the releases that have a snapshot, the oldest first."""
    names = [path.name for path in SNAPSHOTS.iterdir() if path.is_dir()]
    return sorted(names, key=lambda name: [int(part) for part in name.split(".")])


def write(state: StateDir, release: str) -> list[Path]:
    """Export the stacks of a sandbox and write their snapshots."""
    pulumi = Pulumi(child_environment(prepare(state)), CHECKOUT)
    folder = SNAPSHOTS / release
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory(prefix="headgate-snapshot-") as scratch:
        for stack in STACKS:
            output = Path(scratch) / f"{stack}.json"
            finished = pulumi.run(["stack", "export", "--show-secrets", "--stack", stack], output=output)
            if finished.returncode:
                raise SystemExit(f"{stack}: {finished.stderr.strip()}\nbring it up first: make up")
            path = folder / f"{stack}.json"
            document = {"version": 3, "deployment": reduced(exported(output))}
            path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            written.append(path)
    return written


if __name__ == "__main__":
    for made in write(StateDir.from_environment(), sys.argv[1] if len(sys.argv) > 1 else version("headgate")):
        sys.stdout.write(f"wrote {made.relative_to(CHECKOUT)}\n")
