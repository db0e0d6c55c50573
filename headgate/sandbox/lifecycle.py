"""What `headgate sandbox up` starts and waits for: supervisor, collector, Azure in miniature, the watch over updates.

Owns the list of first processes. Regions, registries and edges exist only because something was deployed to that Azure;
those that were are brought back by the supervisor.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.audit_token import ensure_audit_token
from headgate.sandbox.control import Control, HttpProbe, ProcessSpec, ProcessStatus, RegionStatus, State
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from headgate.sandbox.process import ENDS_LAST
from headgate.sandbox.rules_key import ensure_rules_key
from headgate.sandbox.supervisor import launch
from headgate.sandbox.supervisor.logfiles import tail

COLLECTOR = "headgate.audit.collector"
AZURE = "headgate.sandbox.azure"
UPDATES = "headgate.gate.watch"
UP_TIMEOUT = 180.0
# A process that has died this often before it was ever ready will not come up by waiting.
HOPELESS_RESTARTS = 4
# Everything that the sandbox writes; `reset` removes these and leaves what is not its own.
OWN = (
    "audit-logs",
    "audit-token",
    "azure",
    "bin",
    "deployed",
    "drills",
    "edge",
    "gate",
    "ledger",
    "logs",
    "model-keys",
    "model-registry",
    "network",
    "passphrase",
    "pki",
    "pulumi",
    "pulumi-home",
    "regions",
    "registries",
    "rules-key.pem",
    "rules-key.pub",
    "shims",
    "signers.yaml",
    "approvers.yaml",
    "supervisor",
    "updates",
)

Report = Callable[[str, State, str], None]


def up(state: StateDir, report: Report) -> bool:
    """Have the sandbox running with everything that it ran before; say whether anything had to be started."""
    started = launch.start(state)
    ensure_rules_key(state)
    control = Control(state)
    if started:
        report("supervisor", State.READY, "")
    before = {status.name: status.pid for status in control.processes()}
    for spec in first_processes(state):
        control.ensure_process(spec, wait=0)
    wait_until_ready(control, report if started else news_only(report, before))
    after = {status.name: status.pid for status in control.processes()}
    return started or before != after


def first_processes(state: StateDir) -> list[ProcessSpec]:
    """Return the processes of a sandbox to which nothing has been deployed yet."""
    specs = []
    if exists(COLLECTOR):
        specs.append(collector(state))
    if exists(AZURE):
        specs.append(azure(state))
    if exists(UPDATES):
        specs.append(updates(state))
    return specs


def collector(state: StateDir) -> ProcessSpec:
    """Return the audit collector, which holds the ledger's only writer."""
    authority = Authority(state)
    pair, ca = authority.server("audit", ["127.0.0.1", "localhost"]), str(authority.ca_cert)
    argv = (sys.executable, "-m", COLLECTOR, "--ledger", str(state.ledger), "--port", "{port:https}")
    tls = ("--tls-cert", str(pair.cert), "--tls-key", str(pair.key), "--tls-ca", ca)
    return ProcessSpec(
        name="audit",
        argv=(*argv, "--token-file", str(ensure_audit_token(state)), *tls, "--audit-logs", str(state.audit_logs)),
        ready=HttpProbe("https://127.0.0.1:{port:https}/healthz", ca=ca),
        group=ENDS_LAST,
    )


def azure(state: StateDir) -> ProcessSpec:
    """Return Azure in miniature."""
    return ProcessSpec(
        name="azure",
        argv=(sys.executable, "-m", AZURE, "--state", str(state.root)),
        ready=HttpProbe("http://azure/-/healthz", socket=str(state.azure_socket)),
    )


def updates(state: StateDir) -> ProcessSpec:
    """Return who looks whether somebody changed a protected stack past the gates."""
    return ProcessSpec(name="updates", argv=(sys.executable, "-m", UPDATES, "--ledger", str(state.ledger)))


def wait_until_ready(control: Control, report: Report, timeout: float = UP_TIMEOUT) -> None:
    """Return when every process and region is ready, telling of each as it becomes so; raise when one will not be."""
    told: set[str] = set()
    deadline = time.monotonic() + timeout
    version = 0
    while True:
        regions, processes = control.regions(), own_processes(control)
        for name, ready, detail in [*map(process_row, processes), *map(region_row, regions)]:
            if ready and name not in told:
                told.add(name)
                report(name, State.READY, detail)
        lacking = lacking_of(regions, processes)
        if not lacking:
            return
        if time.monotonic() > deadline:
            raise late(lacking)
        version = control.wait_change(version, timeout=1.0)


def own_processes(control: Control) -> list[ProcessStatus]:
    """Return the processes that belong to no region."""
    clusters = {region.cluster for region in control.regions()}
    return [status for status in control.processes() if status.group not in clusters]


def lacking_of(regions: list[RegionStatus], processes: list[ProcessStatus]) -> list[str]:
    """Return what is not ready, in words; raise for what will not be by waiting."""
    for process in processes:
        if process.state is State.FAILED or (
            process.state is not State.READY and process.restarts >= HOPELESS_RESTARTS
        ):
            raise hopeless(process)
    for region in regions:
        if region.state is State.FAILED:
            raise HeadgateError(f"region {region.location} did not start", found=region.reason, fix=region_fix(region))
    waiting: list[ProcessStatus | RegionStatus] = [*processes, *regions]
    return [f"{row_name(row)} is {row.state}" for row in waiting if row.state is not State.READY]


def row_name(row: ProcessStatus | RegionStatus) -> str:
    """Return how a person knows a process or a region."""
    return row.name if isinstance(row, ProcessStatus) else f"region {row.location}"


def process_row(process: ProcessStatus) -> tuple[str, bool, str]:
    """Return name, readiness and ports of a process."""
    ports = ", ".join(f"{name} {port}" for name, port in process.ports.items())
    return process.name, process.state is State.READY, ports


def region_row(region: RegionStatus) -> tuple[str, bool, str]:
    """Return name, readiness and API server of a region."""
    server = region.endpoints.server if region.endpoints else ""
    return f"region {region.location}", region.state is State.READY, server


def news_only(report: Report, before: dict[str, int | None]) -> Report:
    """Leave out of a report what ran already."""

    def told(name: str, state: State, detail: str) -> None:
        if before.get(name) is None and not name.startswith("region "):
            report(name, state, detail)

    return told


def reset(state: StateDir) -> list[str]:
    """End the sandbox and remove everything that it wrote; return what else is in its directory."""
    launch.stop(state)
    for name in OWN:
        path = state.root / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    shutil.rmtree(state.short_sockets, ignore_errors=True)
    if not state.root.is_dir():
        return []
    rest = sorted(path.name for path in state.root.iterdir())
    if not rest:
        state.root.rmdir()
    return rest


def exists(module: str) -> bool:
    """Say whether this installation has a module."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def hopeless(process: ProcessStatus) -> HeadgateError:
    """Describe a process that keeps dying."""
    return HeadgateError(
        f"{process.name} does not start",
        where=process.log,
        found="\n            ".join([process.reason or str(process.state), *tail(Path(process.log))]),
        fix=f"headgate sandbox logs {process.name}",
    )


def late(lacking: list[str]) -> HeadgateError:
    """Describe a sandbox that is not ready in time."""
    return HeadgateError(
        f"the sandbox is not ready in {UP_TIMEOUT:g} s",
        found=", ".join(lacking),
        fix="headgate sandbox status; headgate sandbox logs NAME",
    )


def region_fix(region: RegionStatus) -> str:
    """Say where the reason is."""
    return f"headgate sandbox logs {region.location}/PROCESS; then headgate sandbox up"
