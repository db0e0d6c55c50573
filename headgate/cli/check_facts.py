"""From which registry the gates learn what is known of models, whose signatures count there, and from which ledger."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from headgate.gate.facts import Facts
    from headgate.gate.knowledge import Knowledge
    from headgate.policy.bundle import Bundle

REGISTRY, SIGNERS = "HEADGATE_REGISTRY", "HEADGATE_SIGNERS"
OPTIONS = (
    click.option(
        "--registry",
        metavar="LOGIN_SERVER",
        envvar=REGISTRY,
        help="Ask this registry what is known of the models (or HEADGATE_REGISTRY).  [default: gate 2 asks]",
    ),
    click.option(
        "--signers",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar=SIGNERS,
        help="Whose signatures on models count (or HEADGATE_SIGNERS).  [default: signers.yaml beside the rules]",
    ),
)


def facts_of(registry: str | None, signers: Path | None, rules: Bundle, ledger: Path | None) -> Knowledge | None:
    """Return whom to ask; nobody, where neither a registry nor a ledger was named."""
    if not registry and ledger is None:
        return None
    from headgate.gate.knowledge import Knowledge

    return Knowledge(_registry(registry, signers, rules, ledger) if registry else None, ledger)


def _registry(registry: str, signers: Path | None, rules: Bundle, ledger: Path | None) -> Facts:
    from headgate.cli.model_options import registry_of
    from headgate.gate.facts import Facts
    from headgate.model.proofs import signers as file

    # Beside the rules: a proposal's own signers would vouch for the proposal.
    return Facts(registry_of(registry), file.read(signers or rules.root / file.FILE), ledger)


def facts_of_environment(rules: Bundle, ledger: Path | None) -> Knowledge | None:
    """Return whom the update gate asks: it has no command line."""
    named = os.environ.get(SIGNERS)
    return facts_of(os.environ.get(REGISTRY), Path(named) if named else None, rules, ledger)
