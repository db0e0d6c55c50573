"""What a new stack file starts as."""

from __future__ import annotations

import os
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.stack.identity import Environment, StackName
from headgate.stack.snippet import Snippet

_HEAD = "# yaml-language-server: $schema=stack.schema.json\nconfig:\n"

_TEAM = """\
  headgate:team:
    name: {owner}
    owner: {owner}
    cost_center: {owner}
    # Entra ID groups (object ids) that may act or look in the team's namespace.
    groups:
      edit: []
      view: []
    # One entry for each model; `headgate model push` prints the digest.
    #  - name: my-model
    #    version: 1.0.0
    #    digest: sha256:…
    #    runtime: {{image: runtimes/oip-server, digest: "sha256:…"}}
    #    replicas: {{min: 2, max: 6}}
    #    resources: {{cpu: 500m, memory: 512Mi}}
    models: []
"""

_PLATFORM = """\
  azure-native:location: uaenorth
  headgate:platform:
    regions:
      - name: uaenorth
        network: 10.{octet}.0.0/16
        priority: 1
      - name: uaecentral
        network: 10.{next}.0.0/16
        priority: 2
    gateway:
      host: models.{name.environment}.example.com
"""


def stack_text(name: StackName) -> str:
    """Return the text of a new stack file."""
    octet = 20 * (1 + list(Environment).index(name.environment))
    body = _PLATFORM if name.is_platform else _TEAM
    return _HEAD + body.format(name=name, owner=Snippet.of(name.owner).inline(), octet=octet, next=octet + 1)


def write_stack(name: StackName, stacks: Path, text: str | None = None) -> Path:
    """Write a new stack file, with the plain template's text by default; never over one that is there."""
    path = stacks / name.file_name
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError as error:
        raise _exists(name) from error
    except OSError as error:
        raise HeadgateError(
            "the stack file can't be written",
            where=str(path),
            found=error.strerror,
            expected="a folder that you may write",
            fix="run this in a checkout of yours",
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(stack_text(name) if text is None else text)
    return path


def refuse_existing(name: StackName, stacks: Path) -> None:
    """Refuse a stack that has a file already, before anything is asked about it."""
    if (stacks / name.file_name).exists():
        raise _exists(name)


def _exists(name: StackName) -> HeadgateError:
    return HeadgateError(
        f"stack {name} exists already",
        where=f"stacks/{name.file_name}",
        found="a file",
        expected="a new name",
        fix=f"edit it, or see it with `headgate stack explain {name}`",
    )
