"""`headgate model`: the group. Each command, or group of commands, has a file of its own."""

from __future__ import annotations

import click

from headgate.cli.model_approve import approve
from headgate.cli.model_content import digest, pull, push, push_program, push_runtime
from headgate.cli.model_import import import_
from headgate.cli.model_mirror import mirror
from headgate.cli.model_prove import attest, evaluate, key, sign
from headgate.cli.model_read import diff, lineage, list_, show
from headgate.cli.model_stage import demote, promote
from headgate.cli.model_verify import verify


@click.group()
def model() -> None:
    """Push, prove, promote and look at model versions.

    A version is named as TEAM/MODEL@VERSION, TEAM/MODEL@sha256:…, or in two words.
    """


for _command in (
    *(push, pull, digest, import_),
    *(key, sign, attest, evaluate, approve, promote, demote, mirror),
    *(verify, list_, show, lineage, diff),
    *(push_runtime, push_program),
):
    model.add_command(_command)
