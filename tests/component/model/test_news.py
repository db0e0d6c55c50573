"""Who publishes what a registry knows looks at what was announced there: at once, and at no more than that."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from model_shelf import People, agreed

from headgate.errors import HeadgateError
from headgate.gate.published import WHOLE, Publisher
from headgate.model import ModelRegistry, Reference, Registry, RegistryError, news, referrers
from headgate.model.credentials import Credentials
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.signers import Signers, entry
from headgate.model.proofs.standing import SIGNATURE_TYPE
from headgate.model.proofs.statement import now
from headgate.policy import archive, remote
from headgate.sandbox.layout import CHECKOUT, StateDir
from headgate.sandbox.rules_key import ensure_rules_key

pytestmark = pytest.mark.component

EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"


class Listener:
    """A publisher with a clock of its own, and what it asked the registry."""

    def __init__(self, login_server: str, signers: Signers, key: Path) -> None:
        registry = Registry(login_server, credentials=Credentials())
        self.asked: list[str] = []
        self.refused = ""
        self.at = now()
        self._request = registry.transport.request
        registry.transport.request = self._counted  # type: ignore[method-assign]
        self._publisher = Publisher(ModelRegistry(registry), lambda: agreed(signers), key, clock=lambda: self.at)
        self._registry = registry

    def _counted(self, method: str, path: str, **more: Any) -> Any:
        self.asked.append(path)
        if self.refused and self.refused in path:
            raise RegistryError("the registry does not answer", status=503)
        return self._request(method, path, **more)

    def __call__(self, after: datetime.timedelta = datetime.timedelta()) -> dict[str, list[str]] | None:
        """Return whose signatures the next edition tells of, by version; nothing where there is none."""
        self.at += after
        self.asked.clear()
        if self._publisher.keep() is None:
            return None
        asked = list(self.asked)
        edition = archive.stated(
            remote.pull_facts(self._registry, Reference(self._registry.login_server, remote.FACTS, tag=remote.NOW))
        )
        self.asked[:] = asked
        return {f"{each['name']}@{each['version']}": each["signers"] for each in edition["facts"]["models"].values()}

    def looked_at(self) -> set[str]:
        """Return the models that it asked the registry about."""
        return {"/".join(path.split("/")[3:5]) for path in self.asked if path.startswith("/v2/models/")}


@pytest.fixture
def people() -> People:
    """Return those who sign."""
    return People()


@pytest.fixture
def signers(people: People) -> Signers:
    """Return whose signatures count."""
    row = entry("trainer", people.trainer.public, ("sign",), ("*/*",))
    return Signers.model_validate({"signers": [row]}, strict=False)


@pytest.fixture
def listener(running: Any, signers: Signers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Listener:
    """Return a publisher for which even this registry is too large to look at whole each time."""
    monkeypatch.setattr("headgate.gate.published._PART", 1e-9)
    return Listener(running.login_server, signers, ensure_rules_key(StateDir(tmp_path))[0])


Push = Callable[[str, str], Any]


@pytest.fixture
def push(models: ModelRegistry, people: People, signers: Signers) -> Push:
    """Return what pushes a signed version."""

    def pushed(name: str, version: str) -> Any:
        model = models.push(EXAMPLE, name, version).model
        Desk(models, people.trainer, signers, now()).sign(model)
        return model

    return pushed


def test_only_what_was_announced_is_looked_at(listener: Listener, push: Push) -> None:
    """However many versions there are: where nothing was said, it is asked for news, and for what it tells clusters."""
    push("news/one", "1.0.0")
    push("news/two", "1.0.0")
    first = listener()
    silent = (listener(), len(listener.asked))
    push("news/two", "1.1.0")
    push("news/three", "1.0.0")
    second = listener()

    assert first is not None
    assert first.items() >= {"news/one@1.0.0": ["trainer"], "news/two@1.0.0": ["trainer"]}.items()
    assert silent == (None, 2)
    assert second is not None
    assert second.items() >= {"news/two@1.1.0": ["trainer"], "news/three@1.0.0": ["trainer"]}.items()
    assert second.items() >= first.items()
    assert listener.looked_at() == {"news/two", "news/three"}


def test_what_nobody_announced_is_found_by_looking_at_everything(
    listener: Listener, push: Push, registry: Registry
) -> None:
    """Another tool attaches, and says nothing: it takes minutes until it is seen."""
    model = push("unsaid/model", "1.0.0")
    assert listener() is not None
    subject = registry.manifest("models/unsaid/model", model.digest).descriptor
    referrers.attach(registry, "models/unsaid/model", subject, SIGNATURE_TYPE, b"{}", media_type="application/json")

    assert listener(WHOLE - datetime.timedelta(seconds=1)) is None
    assert listener(datetime.timedelta(seconds=1)) is not None
    assert "unsaid/model" in listener.looked_at()


def test_an_announcement_that_comes_late_is_heard_once(
    listener: Listener, push: Push, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of who announces may be behind, and requests overtake each other."""
    push("late/model", "1.0.0")
    assert listener() is not None
    late = news._ago(datetime.timedelta(seconds=90))
    monkeypatch.setattr(news, "_ago", lambda _time=None: late)
    news.announce(registry, "late/model")
    monkeypatch.undo()

    found = [(listener(), listener.looked_at()) for _ in range(2)]

    assert found == [(None, {"late/model"}), (None, set())]


def test_a_look_that_failed_is_made_up_for(listener: Listener, push: Push) -> None:
    """What was announced is not announced again."""
    push("failed/look", "1.0.0")
    assert listener() is not None
    push("failed/look", "1.1.0")
    listener.refused = "/v2/models/failed/look/"
    with pytest.raises(RegistryError):
        listener()
    listener.refused = ""

    found = listener()

    assert found is not None
    assert "failed/look@1.1.0" in found


def test_who_may_not_announce_is_told_what_happened(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written stays written."""

    def refused(*_: Any, **__: Any) -> None:
        raise RegistryError("the registry refused PUT", found="HTTP 403 DENIED", status=403)

    monkeypatch.setattr(registry, "put_manifest", refused)

    with pytest.raises(HeadgateError, match="could not be announced") as told:
        news.announce(registry, "quiet/model")

    assert (told.value.where, told.value.found) == (
        f"{registry.login_server}/headgate/news",
        "the registry refused PUT: HTTP 403 DENIED",
    )
