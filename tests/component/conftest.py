"""One real sandbox and one real region for all component tests of a session: starting takes seconds, sharing nothing.

Tests use namespaces of their own and leave the region as they found it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.sandbox.control import Control, RegionEndpoints, RegionSpec
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.layout import StateDir
from headgate.sandbox.supervisor import launch

LOG_LINES = 12
# What is tried on the shared region. One process of the run tests all of it: a region more takes a tenth of a core for
# as long as the run lasts. It begins with it, since it mostly waits while the others work.
ON_THE_REGION = tuple(
    f"tests/component/{each}"
    for each in (
        "cluster/",
        "dataplane/",
        "kubernetes_provider/",
        "lint/test_admission.py",
        "region/test_audit.py",
        "region/test_autoscaler.py",
        "region/test_device_plugin.py",
        "region/test_karpenter.py",
        "region/test_ledger_service.py",
        "region/test_own_objects.py",
        "region/test_region.py",
        "region/test_retraining.py",
        "region/test_sessions.py",
        "region/test_workloads.py",
        "tenancy/",
    )
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each process whole files, and one of them all that is tried on the region."""
    from xdist.scheduler import LoadFileScheduling

    class ByRegion(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "the region" if nodeid.startswith(ON_THE_REGION) else str(super()._split_scope(nodeid))

    return ByRegion(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what is tried on the region, and see that the list of it is complete.

    Asked about all that a run collects: in other suites `region` is another thing.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(ON_THE_REGION))
    for item in (each for each in items if each.nodeid.startswith("tests/component/")):
        if "region" in getattr(item, "fixturenames", ()) and not item.nodeid.startswith(ON_THE_REGION):
            raise pytest.UsageError(f"{item.nodeid} uses the shared region: name its file in ON_THE_REGION")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show how the logs of the shared sandbox end when a test that uses it fails: its folder may be gone soon."""
    report = yield
    state = getattr(item, "funcargs", {}).get("sandbox")
    if report.failed and isinstance(state, StateDir):
        for log in sorted(state.logs.rglob("*.log")):
            end = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
            report.sections.append((f"end of {log.relative_to(state.logs)}", "\n".join(line[:300] for line in end)))
        # Again, after the logs: whoever sees only the end of a long run wants this first.
        report.sections.append(("what failed", "\n".join(report.longreprtext.splitlines()[-LOG_LINES:])))
    return report


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StateDir]:
    """Return the state directory of a running supervisor; everything in it ends with the session."""
    state = StateDir(tmp_path_factory.mktemp("sandbox"))
    launch.start(state)
    yield state
    launch.stop(state)


@pytest.fixture(scope="session")
def control(sandbox: StateDir) -> Control:
    """Return the client of the session's supervisor."""
    return Control(sandbox)


@pytest.fixture(scope="session")
def region(control: Control) -> RegionEndpoints:
    """Return a ready region: API server, controllers, scheduler and simulated nodes' kubelets. It has no node yet."""
    return control.ensure_region(RegionSpec("aks-component-uaenorth", "uaenorth"))


@pytest.fixture(scope="session")
def kube(region: RegionEndpoints) -> KubeClient:
    """Return an administrator's client of the region."""
    return KubeClient.from_kubeconfig(Path(region.kubeconfig_path))
