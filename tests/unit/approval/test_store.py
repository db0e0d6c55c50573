"""Plans and approvals in folders: what was put in comes out, and what was tampered with does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from approving import SUBJECT

from headgate.approval.document import Kind
from headgate.approval.store import MOST_APPROVALS, FolderStore, PlanRecord
from headgate.errors import HeadgateError
from headgate.plan.digest import digest_of

pytestmark = pytest.mark.unit

STACK = SUBJECT.stack
FORM = {"version": 1, "stack": STACK, "action": "update", "resources": {"urn:a": {"operations": ["create"]}}}
DIGEST = digest_of(FORM)
RECORD = PlanRecord(
    replace(SUBJECT, plan=DIGEST),
    FORM,
    made="2026-03-02T12:00:00Z",
    actor="dina",
    commit="0" * 40,
    changes={"create": 1},
    cost={"currency": "USD", "after": [1.0, 2.0]},
)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Return a store with a plan."""
    made = FolderStore(tmp_path / "approvals")
    made.keep(RECORD)
    return made


def folder(store: FolderStore) -> Path:
    """Return where the plan is."""
    return store.root / STACK / DIGEST.removeprefix("sha256:")


def test_a_plan_comes_out_as_it_was_put_in(store: FolderStore) -> None:
    """By its digest, and as the latest; another stack has none."""
    assert (store.plan(STACK, DIGEST), store.latest(STACK)) == (RECORD, DIGEST)
    assert (store.plan("fraud-dev", DIGEST), store.latest("fraud-dev"), store.applied(STACK)) == (None, None, None)


def test_a_new_approval_of_a_key_takes_the_place_of_its_last(store: FolderStore) -> None:
    """One file for each key and kind; the plan made again keeps them."""
    for token, name, kind in [
        ("first", "amina+00000001", Kind.APPROVAL),
        ("second", "amina+00000001", Kind.APPROVAL),
        ("third", "amina+00000001", Kind.BREAK_GLASS),
        ("fourth", "badr+00000002", Kind.APPROVAL),
    ]:
        store.approve(STACK, DIGEST, name, kind, token)
    store.keep(RECORD)

    assert store.approvals(STACK, DIGEST) == ("second", "third", "fourth")
    assert store.approvals(STACK, "sha256:" + "0" * 64) == ()


def test_what_was_applied_and_the_sealed_key_are_remembered(store: FolderStore) -> None:
    """The first key stays: with another one, no plan would be known again."""
    assert store.approved(STACK) is None
    store.settle(STACK, DIGEST)
    assert (store.approved(STACK), store.approved("fraud-dev"), store.applied(STACK)) == (DIGEST, None, None)
    store.apply(STACK, DIGEST)
    store.seal_key(STACK, "v1:one")
    store.seal_key(STACK, "v1:two")

    assert (store.applied(STACK), store.sealed_key(STACK), store.sealed_key("fraud-dev")) == (DIGEST, "v1:one", None)


def test_plans_are_their_owners_alone(store: FolderStore) -> None:
    """A form has no secret, but who may read what is deployed is the owner's to say."""
    assert {path.name: path.stat().st_mode & 0o077 for path in [folder(store), *folder(store).iterdir()]} == {
        folder(store).name: 0,
        "plan.json": 0,
        "about.json": 0,
    }


BREAKS: dict[str, Callable[[Path], object]] = {
    "another form": lambda path: (path / "plan.json").write_text('{"resources": {}}'),
    "no form": lambda path: (path / "plan.json").unlink(),
    "no JSON": lambda path: (path / "plan.json").write_text("{"),
    "another record": lambda path: (path / "about.json").write_text('{"subject": {"a": 1}}'),
    "a list for a record": lambda path: (path / "about.json").write_text("[]"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_plan_that_was_tampered_with_is_refused(store: FolderStore, name: str) -> None:
    """What is shown to who approves has the digest that they sign."""
    BREAKS[name](folder(store))

    with pytest.raises(HeadgateError, match="the plan that is kept can't be used"):
        store.plan(STACK, DIGEST)


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.plan("../other", DIGEST),
        lambda store: store.plan(STACK, "sha256:../../x"),
        lambda store: store.approve(STACK, DIGEST, "../x+00000001", Kind.APPROVAL, "t"),
    ],
)
def test_names_do_not_lead_out_of_the_folder(store: FolderStore, use: Callable[[FolderStore], object]) -> None:
    """Stacks, digests and keys are what they say they are."""
    with pytest.raises(HeadgateError):
        use(store)


def test_a_flood_of_approvals_is_refused(store: FolderStore) -> None:
    """Somebody who can write files does not keep the rules busy for hours."""
    for number in range(MOST_APPROVALS + 1):
        store.approve(STACK, DIGEST, f"eve+{number:08x}", Kind.APPROVAL, "x")

    with pytest.raises(HeadgateError, match="can't be used"):
        store.approvals(STACK, DIGEST)
