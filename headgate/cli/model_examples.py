"""Proves the models that the sandbox pushes, as a team's people would: signed, attested, evaluated, approved, promoted.

Each example has its card, lineage and evaluation beside it, under `proofs/`. Nothing is taken for granted: promotion
refuses what is missing here as it does anywhere else. A second run finds all of it there.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from headgate.cli.model_options import record_approval, record_event
from headgate.cli.platform_images import EXAMPLES
from headgate.cli.sandbox_signers import SandboxSigners, ensure_signers
from headgate.model import ModelRegistry, Registry
from headgate.model.proofs import attach
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind, read_file
from headgate.model.proofs.promotion import check_leave, check_up, step_up
from headgate.model.proofs.stage import UP
from headgate.model.proofs.standing import Standing, read
from headgate.model.proofs.statement import now
from headgate.model.proofs.trust import Step, Trust
from headgate.sandbox.files import write_if_changed
from headgate.sandbox.layout import StateDir
from headgate.stack import Model, StackName, find_stacks, load_stack
from headgate.stack.language import LanguageModel

# Well before the rules find an evaluation too old.
_AGAIN = datetime.timedelta(days=90)
Say = Callable[[str], None]


def prove_team_models(registry: Registry, stack: str, state: StateDir, say: Say) -> list[tuple[str, str]]:
    """Bring each model of a team's stack to production, and say which registry knows it; return what was moved."""
    team = load_stack(StackName.parse(stack), find_stacks()).team
    models, people = ModelRegistry(registry), ensure_signers(state)
    served: list[Model | LanguageModel] = [*team.models, *team.language_models]
    wanted = {(each.name, each.digest) for each in served} | {(job.model, job.digest) for job in team.batch}
    proven = [(f"{team.name}/{name}", digest, EXAMPLES / name / "proofs") for name, digest in sorted(wanted)]
    moved = [
        (name, digest)
        for name, digest, folder in proven
        if folder.is_dir() and _Line(models, people, folder, state.ledger).walk(name, digest, say)
    ]
    write_if_changed(state.model_registry, registry.login_server)
    return moved


class _Line:
    """The way of one version, from pushed to production."""

    def __init__(self, models: ModelRegistry, people: SandboxSigners, proofs: Path, ledger: Path) -> None:
        self._models, self._people, self._proofs, self._ledger = models, people, proofs, ledger
        self._trainer = Desk(models, people.trainer, people.known, now())
        self._releaser = Desk(models, people.releaser, people.known, now())
        self._judge = people.judge(models.registry.login_server)
        self._trust = Trust(people.known, self._judge)

    def walk(self, name: str, digest: str, say: Say) -> bool:
        """Do what is left to do, and say whether anything was."""
        standing = read(self._models, name, digest, self._trust)
        done = [*self._signed(standing), *self._attested(standing), *self._promoted(name, digest)]
        if done:
            say(f"{name} {standing.model.version}: {', '.join(done)}")
        return bool(done)

    def _signed(self, standing: Standing) -> list[str]:
        if standing.signatures:
            return []
        # Every byte is read back: what is signed is what the registry has.
        self._models.verify(standing.model.name, standing.model.digest)
        record_event(self._ledger, "sign", standing, self._trainer.name)
        self._trainer.sign(standing.model)
        return ["signed"]

    def _attested(self, standing: Standing) -> list[str]:
        done = []
        for kind in Kind:
            known = standing.attested.get(kind)
            if known and (kind is not Kind.EVALUATION or now() - known.at < _AGAIN):
                continue
            record_event(self._ledger, "attest", standing, self._trainer.name, kind=str(kind))
            file = self._proofs / f"{kind}.yaml"
            made_of = bill_of(standing.model, standing.lineage)
            said = made_of if kind is Kind.BOM else read_file(kind, file, standing.model)
            self._trainer.attest(standing.model, kind, said)
            done.append(f"{kind} attested")
        return done

    def _promoted(self, name: str, digest: str) -> list[str]:
        done = []
        standing = read(self._models, name, digest, self._trust)
        if standing.claimed and not standing.stage:
            # It went up before anybody was asked.
            self._approve(standing, step_up(standing, standing.claimed, now()))
            standing = read(self._models, name, digest, self._trust)
            done.append("approved")
        while standing.stage in UP:
            target = check_up(standing, None, self._releaser.key.public.id)
            step = step_up(standing, target, now())
            approvals = self._approve(standing, step)
            check_leave(step, self._judge.leave(step, approvals, now()))
            fields = {"from": str(standing.stage), "to": str(target), "reason": "an example, evaluated beside it"}
            record_event(self._ledger, "promote", standing, self._releaser.name, **fields, ground=step.ground)
            replace(self._releaser, at=now()).move(standing, target, fields["reason"], step)
            standing = read(self._models, name, digest, self._trust)
            done.append(f"promoted to {target}")
        return done

    def _approve(self, standing: Standing, step: Step) -> list[str]:
        """Have those approve a step who are asked, and return what they signed."""
        made = self._people.approvals(step, self._judge)
        for key_name, approval in made:
            record_approval(self._ledger, standing, key_name, approval)
            attach.approve(self._models, standing.model, key_name, approval)
        return [approval for _, approval in made]
