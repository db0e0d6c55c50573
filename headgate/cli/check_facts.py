"""From whom the gates learn what is known of models: a registry that they ask, or signed facts that others published.

Whose signatures count there, and from which ledger they know what was before, is named beside it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.gate.facts import Facts
    from headgate.gate.knowledge import Knowledge
    from headgate.gate.told import Told
    from headgate.policy.bundle import Bundle

REGISTRY, SIGNERS, APPROVERS = "HEADGATE_REGISTRY", "HEADGATE_SIGNERS", "HEADGATE_MODEL_APPROVERS"
FACTS, FACTS_KEY = "HEADGATE_FACTS", "HEADGATE_FACTS_KEY"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OPTIONS = (
    click.option(
        "--registry",
        metavar="LOGIN_SERVER",
        envvar=REGISTRY,
        help="Ask this registry what is known of the models (or HEADGATE_REGISTRY).  [default: gate 2 asks]",
    ),
    click.option(
        "--signers",
        type=_FILE,
        envvar=SIGNERS,
        help="Whose signatures on models count (or HEADGATE_SIGNERS).  [default: signers.yaml beside the rules]",
    ),
    click.option(
        "--facts",
        metavar="FILE|REFERENCE",
        envvar=FACTS,
        help="In place of --registry: signed facts of `headgate policy facts` (or HEADGATE_FACTS).",
    ),
    click.option(
        "--facts-key",
        type=_FILE,
        envvar=FACTS_KEY,
        help="Public key of who publishes the facts (or HEADGATE_FACTS_KEY).",
    ),
)


@dataclass(frozen=True)
class Source:
    """Whom a gate was told to believe about models; of one that was told of nobody every field is empty."""

    registry: str | None = None
    signers: Path | None = None
    approvers: Path | None = None
    facts: str | None = None
    facts_key: Path | None = None

    @classmethod
    def from_environment(cls) -> Source:
        """Return what the update gate is told: it has no command line."""
        return cls(os.environ.get(REGISTRY), _file(SIGNERS), _file(APPROVERS), os.environ.get(FACTS), _file(FACTS_KEY))

    @classmethod
    def from_options(
        cls, registry: str | None, signers: Path | None, facts: str | None, facts_key: Path | None
    ) -> Source:
        """Return what a command was told: what stands in its line, before what a shell says of all commands."""
        written = {name for name in ("registry", "facts") if _source(name) is ParameterSource.COMMANDLINE}
        only = next(iter(written)) if len(written) == 1 else None
        asked, believed = None if only == "facts" else registry, None if only == "registry" else facts
        return cls(asked, signers, _file(APPROVERS), believed, facts_key)

    def asked(self, rules: Bundle, ledger: Path | None) -> Facts | Told | None:
        """Return whom to ask. Two answers to one question are none: it is said which is meant."""
        if self.registry and self.facts:
            raise HeadgateError(
                "the gate is told of a registry and of signed facts, and they may differ, so nothing was judged",
                found=f"{self.registry} and {self.facts}",
                expected="one of them",
                fix=f"leave out --registry ({REGISTRY}), or --facts ({FACTS})",
            )
        if self.facts:
            return _told(self.facts, self.facts_key)
        return _registry(self.registry, self, rules, ledger) if self.registry else None


def _file(variable: str) -> Path | None:
    return Path(named) if (named := os.environ.get(variable)) else None


def _source(option: str) -> ParameterSource | None:
    return click.get_current_context().get_parameter_source(option)


def facts_of(source: Source, rules: Bundle, ledger: Path | None) -> Knowledge | None:
    """Return whom to ask; nobody, where neither a registry, facts nor a ledger was named."""
    models = source.asked(rules, ledger)
    if models is None and ledger is None:
        return None
    from headgate.gate.knowledge import Knowledge

    return Knowledge(models, ledger)


def facts_of_environment(rules: Bundle, ledger: Path | None) -> Knowledge | None:
    """Return whom the update gate asks."""
    return facts_of(Source.from_environment(), rules, ledger)


def _registry(registry: str, source: Source, rules: Bundle, ledger: Path | None) -> Facts:
    from headgate.approval.promotion import Promotions
    from headgate.cli.model_options import registry_of
    from headgate.gate.facts import Facts
    from headgate.model.proofs import signers as file
    from headgate.model.proofs.trust import Trust

    # Beside the rules: a proposal's own signers and approvers would vouch for the proposal.
    signers = file.read(source.signers or rules.root / file.FILE)
    trust = Trust(signers, Promotions.of(rules, registry, source.approvers, ledger))
    return Facts(registry_of(registry), trust, ledger)


def _told(named: str, key: Path | None) -> Told:
    from headgate.gate.seen import Seen, folder
    from headgate.gate.told import Told

    if key is None or not key.is_file():
        raise HeadgateError(
            "signed facts are believed for their signature alone, so nothing was judged",
            where=named,
            found=f"no key at {key}" if key else "no key",
            expected="the public key of who publishes them",
            fix=f"name it with --facts-key, or {FACTS_KEY}",
        )
    return Told(_fetching(named), key, named, seen=Seen(folder(), key))


def _fetching(named: str) -> Callable[[], bytes]:
    """Return what reads the facts anew, of a file or of the registry that a reference names."""
    from headgate.cli.model_options import registry_of
    from headgate.model.descriptor import Reference
    from headgate.policy import remote

    if Path(named).is_file():
        return Path(named).read_bytes
    reference = Reference.parse(named)
    return lambda: remote.pull_facts(registry_of(reference.registry).registry, reference)
