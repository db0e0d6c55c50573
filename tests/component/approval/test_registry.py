"""Plans and approvals in a real registry: what people on two machines need to approve one plan."""

from __future__ import annotations

import concurrent.futures
from dataclasses import replace
from itertools import count

import pytest
from approving import SUBJECT

from headgate.approval.document import Kind
from headgate.approval.registry_store import APPROVAL, RegistryStore
from headgate.approval.store import MOST_APPROVALS, PlanRecord
from headgate.errors import HeadgateError
from headgate.model import Registry
from headgate.model.referrers import read, referrers
from headgate.plan.digest import digest_of
from tests.component.model.conftest import RunningRegistry, registry, running  # noqa: F401  fixtures

from .conftest import STACK, Waiting

pytestmark = pytest.mark.component
_NUMBERS = count()


def made() -> PlanRecord:
    """Return a plan of a stack that no other test has."""
    stack = f"team{next(_NUMBERS)}-prod"
    form = {"version": 1, "stack": stack, "action": "update", "resources": {"urn:a": {"operations": ["create"]}}}
    subject = replace(SUBJECT, stack=stack, plan=digest_of(form))
    return PlanRecord(subject, form, "2026-03-02T12:00:00Z", "dina", "0" * 40, {"create": 1}, {"currency": "USD"})


def test_a_plan_comes_out_as_it_was_put_in(registry: Registry) -> None:  # noqa: F811
    """By its digest, as the latest and the latest of its kind; what is not there is none."""
    record, store = made(), RegistryStore(registry)
    stack, digest = record.subject.stack, record.subject.plan

    before = (store.plan(stack, digest), store.latest(stack), store.applied(stack), store.approvals(stack, digest))
    store.keep(record)
    store.settle(stack, digest)
    assert (store.approved(stack), store.applied(stack)) == (digest, None)
    store.apply(stack, digest)

    assert before == (None, None, None, ())
    assert (store.plan(stack, digest), store.latest(stack), store.latest(stack, "update")) == (record, digest, digest)
    assert (store.applied(stack), store.latest(stack, "destroy")) == (digest, None)


def test_approvals_refer_to_the_plan_and_stay_when_it_is_made_again(registry: Registry) -> None:  # noqa: F811
    """Any OCI client finds them at the plan; one of a key and kind takes the place of its last."""
    record, store = made(), RegistryStore(registry)
    stack, digest = record.subject.stack, record.subject.plan
    store.keep(record)
    for token, name, kind in [
        ("first", "amina+00000001", Kind.APPROVAL),
        ("second", "amina+00000001", Kind.APPROVAL),
        ("third", "amina+00000001", Kind.BREAK_GLASS),
        ("fourth", "badr+00000002", Kind.APPROVAL),
    ]:
        store.approve(stack, digest, name, kind, token)
    store.keep(replace(record, made="2026-03-02T13:00:00Z", actor="badr"))

    plan = registry.manifest(f"approvals/{stack}", f"plan-{digest.removeprefix('sha256:')}").descriptor
    found = referrers(registry, f"approvals/{stack}", plan.digest, APPROVAL)
    kept = store.plan(stack, digest)
    assert sorted(store.approvals(stack, digest)) == ["fourth", "second", "third"]
    assert {read(registry, f"approvals/{stack}", each) for each in found} >= {b"second", b"third", b"fourth"}
    assert kept is not None
    assert kept.actor == "badr"


def test_people_who_approve_at_once_lose_nothing(registry: Registry) -> None:  # noqa: F811
    """Each approval has a tag of its own: no list is written by two."""
    record, store = made(), RegistryStore(registry)
    stack, digest = record.subject.stack, record.subject.plan
    store.keep(record)

    def approve(number: int) -> None:
        own = RegistryStore(Registry(registry.login_server))
        own.approve(stack, digest, f"person{number}+{number:08x}", Kind.APPROVAL, f"token {number}")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(approve, range(8)))

    assert sorted(store.approvals(stack, digest)) == [f"token {number}" for number in range(8)]


def test_a_plan_that_breaks_rules_is_not_pushed(registry: Registry) -> None:  # noqa: F811
    """Nobody could approve it, and a secret in plain text is among what the rules find."""
    record, store = made(), RegistryStore(registry)
    failed = replace(record, subject=replace(record.subject, verdict={**SUBJECT.verdict, "outcome": "fail"}))

    store.keep(failed)

    assert registry.tags(f"approvals/{record.subject.stack}") == []


def test_the_first_sealed_key_stays(registry: Registry) -> None:  # noqa: F811
    """With another one, no approved plan would be known again."""
    stack, store = made().subject.stack, RegistryStore(registry)
    before = store.sealed_key(stack)
    store.seal_key(stack, "v1:one")
    store.seal_key(stack, "v1:two")

    assert (before, store.sealed_key(stack)) == (None, "v1:one")


def test_a_plan_under_the_name_of_another_is_refused(registry: Registry) -> None:  # noqa: F811
    """Whoever can write tags can't put another plan before who approves."""
    record, other, store = made(), made(), RegistryStore(registry)
    stack, digest = record.subject.stack, record.subject.plan
    store.keep(record)
    store._put(stack, f"plan-{digest.removeprefix('sha256:')}", "application/json", b'{"resources": {}}')

    with pytest.raises(HeadgateError, match="the plan that is kept can't be used"):
        store.plan(stack, digest)
    with pytest.raises(HeadgateError):
        store.approve(other.subject.stack, other.subject.plan, "eve+00000003", Kind.APPROVAL, "token")


def test_a_flood_of_approvals_is_refused(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Somebody who can push does not keep the rules busy for hours."""
    record, store = made(), RegistryStore(registry)
    store.keep(record)
    monkeypatch.setattr(registry, "tags", lambda _: [
        f"approval-{record.subject.plan.removeprefix('sha256:')}-{number:016x}" for number in range(MOST_APPROVALS + 1)
    ])  # fmt: skip

    with pytest.raises(HeadgateError, match="can't be used"):
        store.approvals(record.subject.stack, record.subject.plan)


def test_two_people_approve_on_two_machines(
    waiting: Waiting,
    running: RunningRegistry,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commands find plan and approvals in the registry that HEADGATE_APPROVALS names; no folder has any."""
    store = RegistryStore(Registry(running.login_server))
    monkeypatch.setenv("HEADGATE_APPROVALS", f"oci://{running.login_server}")
    missing = waiting.run("approvals")
    record = replace(waiting, store=store).keep()
    first, second = waiting.approve("amina"), waiting.approve("badr")
    code, listed = waiting.run("approvals")

    assert (missing[0], str(missing[1].where)) == (2, f"{running.login_server}/approvals/{STACK}")
    assert (first[0], second[0], code, listed["plan"]) == (3, 0, 0, record.subject.plan)
    assert listed["people"] == ["amina", "badr"]
    assert not (waiting.keys.parent / "approvals").exists()


@pytest.mark.parametrize("named", ["oci://", "oci://host/path", "oci://HOST", "oci://user@host"])
def test_what_is_no_registry_is_refused(waiting: Waiting, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """A name that is half understood would look for approvals where nobody puts them."""
    monkeypatch.setenv("HEADGATE_APPROVALS", named)

    code, error = waiting.run("approvals")

    assert (code, error.what) == (2, "this is no registry for plans and approvals")
