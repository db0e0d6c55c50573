"""A folder of stack files to break: small, valid, and each test's own."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

DIGEST = "sha256:" + "a" * 64

BASE = """\
platform:
  organisation: hg
  tenant_id: 11111111-2222-3333-4444-555555555555
  owner: ml-platform
  cost_center: ml-platform
  data_class: internal
  cluster:
    kubernetes_version: "1.36"
    admin_groups: [aaaaaaaa-0000-4000-8000-000000000001]
    pools:
      system: {size: Standard_D4s_v5, min: 1, max: 2}
      cpu: {size: Standard_D8s_v5, min: 1, max: 4}
  gateway:
    image: runtimes/gateway
    digest: sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  gate:
    opa: {image: runtimes/opa, digest: sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb}
    certificates:
      image: runtimes/keeper
      digest: sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  delivery:
    controller:
      image: runtimes/rollouts-controller
      digest: sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  monitoring:
    runbooks: https://docs.example.com/runbooks
    escalation:
      - {name: on-call, emails: [on-call@example.com]}
      - {name: lead, after_minutes: 15, emails: [lead@example.com]}
  budget:
    monthly: 100
    contacts: [ml-platform@example.com]
team:
  data_class: internal
  quota: {cpu: 8, memory: 16Gi, gpus: 2}
"""

PLATFORM = """\
config:
  headgate:platform:
    regions:
      - name: uaenorth
        network: 10.20.0.0/16
    gateway:
      host: models.example.com
"""

TEAM = f"""\
config:
  headgate:team:
    name: fraud
    owner: fraud-models
    cost_center: crime
    models:
      - name: fraud-score
        version: 1.0.0
        digest: {DIGEST}
        runtime: {{image: runtimes/oip-server, digest: {DIGEST}}}
        replicas: {{min: 1, max: 2}}
        resources: {{cpu: 500m, memory: 512Mi}}
"""


class Stacks:
    """The folder, and ways to change its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "defaults").mkdir(parents=True)
        self.write("defaults/base.yaml", BASE)
        self.write("Pulumi.platform-dev.yaml", PLATFORM)
        self.write("Pulumi.fraud-dev.yaml", TEAM)

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder."""
        (self.folder / name).write_text(dedent(text), encoding="utf-8")

    def text(self, stack: str) -> str:
        """Return the text of a stack's own file."""
        return (self.folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")

    def texts(self) -> dict[str, str]:
        """Return the text of every stack's own file."""
        return {path.name: path.read_text(encoding="utf-8") for path in self.folder.glob("Pulumi.*.yaml")}

    def add(self, environment: str) -> None:
        """Add the same platform and team in another environment."""
        for owner in ("platform", "fraud"):
            text = (self.folder / f"Pulumi.{owner}-dev.yaml").read_text(encoding="utf-8")
            self.write(f"Pulumi.{owner}-{environment}.yaml", text)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that must be there."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))
