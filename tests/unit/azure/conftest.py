"""What Azure's unit tests share: a cache of the SDK's types that is theirs, and an Azure without processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.sandbox.azure.counterparts import Counterparts
from headgate.sandbox.azure.ids import group_id
from headgate.sandbox.azure.resources import Resources
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types.spec import Body

GROUP = group_id("rg-test")
PROVIDERS = f"{GROUP}/providers"


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where what is read of the SDK is kept, so that it is read once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", autouse=True)
def sdk_cache(cache_folder: Path) -> Iterator[Path]:
    """Keep what is read of the SDK out of the user's cache; other files' tests, in the same process, keep theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache_folder))
        yield cache_folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    opened = Store(tmp_path / "azure")
    yield opened
    opened.close()


class Azure:
    """Azure whose operations end within the call: time is scaled to nothing."""

    def __init__(self, store: Store) -> None:
        """Start with one resource group."""
        self.resources = Resources(store, Counterparts(), scale=0.0)
        # No threads: a test sees the end of each operation.
        self.resources.operations.begin = self.resources.operations._run  # type: ignore[method-assign]
        self.put(GROUP, {"location": "uaenorth"})

    def put(self, arm_id: str, body: Body) -> Body:
        """Create or update."""
        self.resources.put(arm_id, body)
        return self.resources.get(arm_id)

    def get(self, arm_id: str) -> Body:
        """Read."""
        return self.resources.get(arm_id)

    def delete(self, arm_id: str) -> None:
        """Delete."""
        self.resources.delete(arm_id)

    def ids(self) -> list[str]:
        """Return the ids of everything, without the group's prefix."""
        return [body["id"].removeprefix(PROVIDERS) for body in self.resources.store.all()]


@pytest.fixture
def azure(store: Store) -> Iterator[Azure]:
    """Return an Azure with the group `rg-test` in uaenorth."""
    made = Azure(store)
    yield made
    made.resources.operations.stop()
