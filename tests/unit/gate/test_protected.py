"""The protected path of a destroy: what is proposed, who asked for it, and what ends it before it begins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from decisions import decision, failed, rule

from headgate import engine
from headgate.approval.document import Kind
from headgate.approval.store import FolderStore
from headgate.cli import deployments, protected_run
from headgate.cli.approval_path import protected_path
from headgate.cli.protected_run import strayed
from headgate.engine.plan import Planner, SavedPlan
from headgate.engine.preview import Preview
from headgate.engine.update import Update
from headgate.errors import HeadgateError
from headgate.gate import protected
from headgate.gate.protected import Proposal, Rules, propose, still_the_same
from headgate.plan.actions import DESTROY
from headgate.plan.view import Operation
from headgate.policy.bundle import CHECKOUT, Bundle

pytestmark = pytest.mark.unit

STACK = "fraud-prod"
RULES = Rules(Bundle.find(CHECKOUT / "policies"))
ROOT = f"urn:pulumi:{STACK}::headgate::pulumi:pulumi:Stack::headgate-{STACK}"


def urn(name: str) -> str:
    """Return a URN."""
    return f"urn:pulumi:{STACK}::headgate::kubernetes:core/v1:ConfigMap::{name}"


def ended(identity: str) -> dict[str, Any]:
    """Return the event of a resource that went away."""
    return {
        "resOutputsEvent": {"metadata": {"op": "delete", "urn": identity, "old": {"urn": identity, "id": identity}}}
    }


@dataclass
class Engine:
    """A planner whose stack can be changed under it, and what the engine was told to do."""

    root: Path
    there: list[str] = field(default_factory=lambda: [urn("a"), urn("b"), ROOT])
    serial: int = 1
    ran: list[dict[str, Any]] = field(default_factory=list)
    stack: str = STACK

    @property
    def project(self) -> Any:
        """Return where the project is."""
        return SimpleNamespace(root=self.root)

    def repair(self) -> tuple[str, ...]:
        """Find nothing to repair."""
        return ()

    @contextmanager
    def foresee(self, _request: Any) -> Iterator[SavedPlan]:
        """Preview a destroy of what is there."""
        log = self.root / "events.jsonl"
        events = [*map(ended, self.there), {"summaryEvent": {"result": "succeeded"}}]
        log.write_text("\n".join(map(json.dumps, events)))
        resources = [{"urn": each, "type": each.split("::")[2]} for each in self.there]
        state = {"version": 3, "deployment": {"resources": [{**each, "modified": self.serial} for each in resources]}}
        yield SavedPlan(Preview(STACK, log), log, {}, state)

    def up(self, _stack: str, *, on_event: Any, **options: Any) -> Update:
        """Do as the engine would."""
        self.ran.append(options)
        for each in self.there:
            on_event(ended(each))
        return Update(STACK, {"delete": len(self.there)}, 1)


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return an engine; git says always the same, and the rules find nothing."""
    made = Engine(tmp_path)
    for name, value in {"tree_of": "git:1", "head_of": "0" * 40, "is_edited": False}.items():
        monkeypatch.setattr(protected.tree, name, lambda _project, value=value: value)
    monkeypatch.setattr(protected.tree, "authors_of", lambda _project, _since: ("dina@example.com",))
    monkeypatch.setattr(protected, "decide", lambda *_arguments, **_more: decision())
    monkeypatch.setattr(protected_run, "_POLL_SECONDS", 0)
    monkeypatch.setattr(deployments, "record_plan", lambda *_arguments: None)
    monkeypatch.setattr(Planner, "of", lambda *_arguments: made)
    monkeypatch.setattr(engine, "up", made.up)
    monkeypatch.setenv("HEADGATE_ACTOR", "Dina")
    monkeypatch.delenv(protected.AUTHORS, raising=False)
    monkeypatch.delenv("HEADGATE_LEDGER", raising=False)
    return made


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Return an empty store."""
    return FolderStore(tmp_path / "approvals")


def proposed(pulumi: Any, store: FolderStore) -> Proposal:
    """Return a proposal to destroy the stack."""
    with propose(pulumi, RULES, store, DESTROY) as proposal:
        return proposal


def run(pulumi: Engine, store: FolderStore) -> protected_run.Done:
    """Destroy the stack."""
    path: Any = SimpleNamespace(stack=STACK, project=pulumi.project, rules=RULES, store=store)
    return protected_run.protected_run(path, DESTROY, ask=False, wait_minutes=0)


def test_the_stacks_own_resource_is_judged_with_every_destroy(pulumi: Engine, store: FolderStore) -> None:
    """It is where rules ask for approvals: as what stays, first, and also where the state has none."""
    whole = proposed(pulumi, store).view.resources
    pulumi.there.remove(ROOT)
    bare = proposed(pulumi, store).view.resources

    told = [(ROOT, Operation.SAME), (urn("a"), Operation.DELETE), (urn("b"), Operation.DELETE)]
    assert [[(each.id, each.operation) for each in found] for found in (whole, bare)] == [told, told]
    assert {each.type for each in (whole[0], bare[0])} == {"pulumi:pulumi:Stack"}


def test_what_people_approve_was_judged_with_all_that_is_known(
    pulumi: Engine, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of models and of what was before, with and without the approvals: the update asks for no more than they saw."""
    known: Any = object()
    told: list[Any] = []
    monkeypatch.setattr(protected, "decide", lambda *_arguments, **more: told.append(more["facts"]) or decision())
    rules = replace(RULES, facts=known)
    with propose(pulumi, rules, store, DESTROY) as proposal:
        protected.approved(proposal, rules, store, applies=True)

    assert told == [known, known]


def test_the_protected_path_asks_the_registry_and_the_ledger_of_its_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the gate of the update does; with neither it asks nobody."""
    monkeypatch.chdir(CHECKOUT)
    monkeypatch.setattr(protected, "rules_of_target", lambda *_arguments: nullcontext(RULES.bundle))
    found = []
    for ledger in (tmp_path / "ledger", None):
        monkeypatch.setattr("headgate.gate.record.configured_ledger", lambda ledger=ledger: ledger)
        monkeypatch.delenv("HEADGATE_REGISTRY", raising=False)
        with protected_path("fraud-sandbox", None) as path:
            found.append(path.rules.facts is not None)

    assert found == [True, False]


def test_who_asks_for_a_destroy_is_one_of_its_authors_whoever_runs_it(
    pulumi: Engine, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So they can't approve it; the job that runs what was approved does not become one."""
    asked = proposed(pulumi, store).record
    monkeypatch.setenv("HEADGATE_ACTOR", "deploy-job")
    again = proposed(pulumi, store).record

    assert (asked.subject.action, asked.subject.authors) == ("destroy", ("dina", "dina@example.com"))
    assert (again.subject, again.actor) == (asked.subject, "Dina")


def more(pulumi: Engine) -> None:
    """Add a resource."""
    pulumi.there.insert(0, urn("c"))


def less(pulumi: Engine) -> None:
    """Take one away."""
    pulumi.there.remove(urn("a"))


def moved(pulumi: Engine) -> None:
    """Let somebody else update what is there."""
    pulumi.serial += 1


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (more, f"new: {urn('c')}"),
        (less, f"gone: {urn('a')}"),
        (moved, "the stack's state has moved since, in resources that stay"),
    ],
)
def test_what_changed_between_approval_and_run_ends_it(
    pulumi: Engine, store: FolderStore, change: Any, found: str
) -> None:
    """It is told what, and that it takes approvals of its own."""
    proposal = proposed(pulumi, store)
    still_the_same(planner(pulumi), proposal)
    change(pulumi)

    with pytest.raises(HeadgateError, match="another now than what was approved") as error:
        still_the_same(planner(pulumi), proposal)

    assert (error.value.found, int(error.value.exit_code)) == (found, 3)


def test_an_edit_of_the_tree_ends_it_too(pulumi: Engine, store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules and stacks are those that the approvers saw."""
    proposal = proposed(pulumi, store)
    monkeypatch.setattr(protected.tree, "tree_of", lambda _project: "git:2")

    with pytest.raises(HeadgateError, match="another now than what was approved"):
        still_the_same(planner(pulumi), proposal)


def test_an_approved_destroy_is_held_to_its_resources(pulumi: Engine, store: FolderStore) -> None:
    """Each is a target, so that what comes in the last moment stays."""
    done = run(pulumi, store)

    targets = [word for each in pulumi.there for word in ("--target", each)]
    assert [list(each["arguments"]) for each in pulumi.ran] == [["--skip-preview", *targets]]
    assert (done.update.changes, done.strayed, store.applied(STACK)) == ({"delete": 3}, "", None)


def test_what_changes_while_it_waits_is_not_run(
    pulumi: Engine, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that moves under the waiting command ends it: the engine is not even started."""
    monkeypatch.setattr(protected_run, "_let_through", lambda *_arguments: more(pulumi))

    with pytest.raises(HeadgateError, match="another now than what was approved"):
        run(pulumi, store)

    assert pulumi.ran == []


def test_approvals_that_end_while_a_person_is_asked_count_no_more(
    pulumi: Engine, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are looked at in the last moment: expired or revoked by then, nothing is run."""
    expired = replace(decision(), results=(failed(rule("HG-AP-001")),))
    monkeypatch.setattr(protected_run, "_let_through", lambda *_arguments: None)
    monkeypatch.setattr(protected, "approved", lambda *_arguments, **_more: expired)

    with pytest.raises(HeadgateError, match="destroy is"):
        run(pulumi, store)

    assert pulumi.ran == []


def test_the_plan_that_was_approved_before_is_told_where_it_is_another_by_now(
    pulumi: Engine, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who signed wants to know why that is of no use."""
    first = proposed(pulumi, store).record.subject.plan
    store.approve(STACK, first, "amina+00000001", Kind.APPROVAL, "token")
    more(pulumi)
    refusing = replace(decision(), results=(failed(rule("HG-AP-001")),))
    monkeypatch.setattr(protected, "approved", lambda *_arguments, **_more: refusing)

    with pytest.raises(HeadgateError) as error:
        run(pulumi, store)

    assert f"approved was {first}, since when: new: {urn('c')}" in str(error.value.found)
    assert pulumi.ran == []


def test_an_empty_stack_needs_no_approval(pulumi: Engine, store: FolderStore) -> None:
    """There is nothing to do, and nothing is done."""
    pulumi.there.clear()

    assert (run(pulumi, store).update.changes, pulumi.ran) == ({}, [])


def test_what_the_engine_did_beside_the_plan_is_found(pulumi: Engine, store: FolderStore) -> None:
    """More, less or otherwise than was approved."""
    proposal = proposed(pulumi, store)
    events: Sequence[Any] = [ended(each) for each in pulumi.there]

    assert strayed(proposal, events) == ""
    assert strayed(proposal, [*events, ended(urn("c"))]) == f"new: {urn('c')}"
    assert strayed(proposal, events[1:]) == f"gone: {urn('a')}"


def planner(pulumi: Engine) -> Any:
    """Return the engine as what plans."""
    return pulumi
