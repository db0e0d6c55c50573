"""People who attach at one moment, in a registry that keeps no list of statements itself: nobody's is lost."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from typing import Any

import pytest

from headgate.model import ModelRegistry, Registry, RegistryError, referrers
from headgate.model.credentials import Credentials
from headgate.model.descriptor import Descriptor
from headgate.model.registry import Manifest
from headgate.sandbox.layout import CHECKOUT

pytestmark = pytest.mark.component

EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"
REPOSITORY = "models/at/once"
TYPE = "application/vnd.card"
EACH = 6


class Interrupted(Registry):
    """A client that is interrupted each time right before it writes the list."""

    def __init__(self, registry: Registry, *meanwhile: Any) -> None:
        super().__init__(registry.login_server, credentials=Credentials())
        self._meanwhile = list(meanwhile)

    def put_manifest(self, repository: str, document: Mapping[str, Any], tag: str | None = None) -> Manifest:
        """Let somebody else act first, where it is the list."""
        if "manifests" in document and self._meanwhile:
            self._meanwhile.pop(0)()
        return super().put_manifest(repository, document, tag)


def say(registry: Registry, subject: Descriptor, words: str) -> str:
    """Attach a statement, and return its digest."""
    made = referrers.attach(registry, REPOSITORY, subject, TYPE, words.encode(), media_type="text/plain")
    return made.digest


def _say_several(login_server: str, subject: Descriptor, name: str, start: Any) -> None:
    """Attach, as a process of its own, beginning with the others."""
    registry = Registry(login_server, credentials=Credentials())
    start.wait(60)
    for number in range(EACH):
        say(registry, subject, f"{name} {number}")


def listed(registry: Registry, subject: Descriptor) -> set[str]:
    """Return what everybody finds."""
    return {row.digest for row in referrers.referrers(registry, REPOSITORY, subject.digest)}


def test_two_processes_that_attach_at_once_lose_nothing(models: ModelRegistry, registry: Registry) -> None:
    """Each statement is in the list, and is found by its type."""
    subject = registry.manifest(REPOSITORY, models.push(EXAMPLE, "at/once", "1.0.0").digest).descriptor
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    work = [
        context.Process(target=_say_several, args=(registry.login_server, subject, name, start))
        for name in ("amina", "badr")
    ]
    for one in work:
        one.start()
    for one in work:
        one.join(120)

    found = referrers.referrers(registry, REPOSITORY, subject.digest, TYPE)
    said = {referrers.read(registry, REPOSITORY, row).decode() for row in found}
    assert [one.exitcode for one in work] == [0, 0]
    assert said == {f"{name} {number}" for name in ("amina", "badr") for number in range(EACH)}


def test_a_list_that_was_written_meanwhile_is_mended(models: ModelRegistry, registry: Registry) -> None:
    """Who writes over what another added sees it, and adds it again, with its type and its annotations."""
    subject = registry.manifest(REPOSITORY, models.push(EXAMPLE, "at/once", "1.1.0").digest).descriptor
    others: list[str] = []
    late = Interrupted(registry, lambda: others.append(say(registry, subject, "first")))
    own = say(late, subject, "second")

    rows = {row.digest: row for row in referrers.referrers(registry, REPOSITORY, subject.digest)}
    assert set(rows) == {own, *others}
    assert {row.artifact_type for row in rows.values()} == {TYPE}


def test_who_died_over_the_list_is_made_good_by_the_next(models: ModelRegistry, registry: Registry) -> None:
    """A process that is killed between its tag and its list leaves what the next one adds."""
    subject = registry.manifest(REPOSITORY, models.push(EXAMPLE, "at/once", "1.2.0").digest).descriptor

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        say(Interrupted(registry, die), subject, "cut short")
    assert listed(registry, subject) == set()
    own = say(registry, subject, "whole")

    assert len(listed(registry, subject)) == 2
    assert own in listed(registry, subject)


def test_a_registry_that_forgets_ends_in_an_error(
    models: ModelRegistry, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not tried for ever, and nobody is told that a statement is there which nobody finds."""
    subject = registry.manifest(REPOSITORY, models.push(EXAMPLE, "at/once", "1.3.0").digest).descriptor
    monkeypatch.setattr(referrers, "_fallback", lambda *_: [])

    with pytest.raises(RegistryError, match="does not keep what is written to it"):
        say(registry, subject, "forgotten")
