"""Brings real processes in line with a region's Deployments, and tells the pods how their processes fare.

Owns the loop. It holds no state of its own: everything is read from the API server, the supervisor and the disk, so a
runner that was killed goes on where it was.
"""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import dataclass, field

from headgate.errors import HeadgateError
from headgate.sandbox.control import Control, ProcessStatus, State
from headgate.sandbox.kube import Document, KubeClient, KubeError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.facts import RegionFacts
from headgate.sandbox.workloads import containers, deployments, published, volumes
from headgate.sandbox.workloads.balancers import Balancers
from headgate.sandbox.workloads.failures import NotYetError, UnrunnableError
from headgate.sandbox.workloads.feed import Feed
from headgate.sandbox.workloads.published import Published
from headgate.sandbox.workloads.sources import Sources

LOG = logging.getLogger(__name__)
# Tokens are renewed and missed news made up for at least this often.
INTERVAL = 30.0
RETRY_AFTER = 2.0
# Events come in bursts: a Deployment, its pods, their status.
SETTLE = 0.1


@dataclass
class Round:
    """What one pass over the Deployments found."""

    wanted: set[str] = field(default_factory=set)
    rows: list[Published] = field(default_factory=list)
    directories: set[str] = field(default_factory=set)


class Runner:
    """The runner of one region."""

    def __init__(self, state: StateDir, facts: RegionFacts, client: KubeClient) -> None:
        self._state, self._facts, self._client = state, facts, client
        self._control = Control(state)
        self._wake = threading.Event()
        self._feed = Feed(client, self._wake.set)
        self._sources = Sources(client, self._feed)
        self._balancers = Balancers(state, facts, client)
        self._prefix = f"{facts.cluster}/workloads/"
        self._directory = state.region(facts.cluster) / "workloads"

    def run(self) -> None:
        """Reconcile on every change, for ever."""
        self._feed.start()
        threading.Thread(target=self._follow_processes, name="processes", daemon=True).start()
        while True:
            self._wake.wait(INTERVAL)
            threading.Event().wait(SETTLE)
            self._wake.clear()
            try:
                if self._feed.complete:
                    self.reconcile()
            except (KubeError, HeadgateError, OSError) as error:
                LOG.warning("%s", error)
                threading.Timer(RETRY_AFTER, self._wake.set).start()

    def reconcile(self) -> None:
        """Make one pass."""
        statuses = {status.name: status for status in self._control.processes(self._facts.cluster)}
        done = Round()
        for deployment in self._feed.all("Deployment"):
            self._deployment(deployment, statuses, done)
        published.publish(self._state.region(self._facts.cluster), done.rows)
        self._balancers.reconcile(self._feed.all("Service"), done.rows)
        for name in statuses:
            if name.startswith(self._prefix) and name not in done.wanted:
                LOG.info("ending %s: its Deployment no longer wants it", name)
                self._control.stop_process(name)
        self._remove_directories(done.directories)
        self._sources.forget_other_pods({pod["metadata"]["uid"] for pod in self._feed.all("Pod")})

    def _deployment(self, deployment: Document, statuses: dict[str, ProcessStatus], done: Round) -> None:
        """Bring one Deployment's processes in line, and tell its pods."""
        template = {"spec": deployment["spec"]["template"]["spec"], "metadata": deployment["metadata"]}
        if not containers.known(template) or deployment["spec"].get("replicas", 1) == 0:
            return
        pods = [pod for pod in deployments.pods_of(deployment, self._feed) if containers.known(pod)]
        key = f"{deployment['metadata']['namespace']}.{deployment['metadata']['name']}"
        done.directories.add(key)
        leader = deployments.leading(pods)
        names = {container: f"{self._prefix}{key}.{container}" for container in containers.known(leader or template)}
        if leader is None:
            # Between pods, as in a rollout, what runs goes on running.
            done.wanted.update(name for name in names.values() if name in statuses)
            return
        done.wanted.update(names.values())
        state, message = self._run(deployment, leader, names, done)
        for pod in pods:
            deployments.tell(self._client, pod, state, message)

    def _run(self, deployment: Document, pod: Document, names: dict[str, str], done: Round) -> tuple[str, str]:
        """Have a pod's processes running; return what its pods are to be told."""
        metadata = deployment["metadata"]
        key = f"{metadata['namespace']}.{metadata['name']}"
        try:
            ports = {container: self._ports(pod, container, name) for container, name in names.items()}
            directory = self._directory / key
            volumes.write(pod, directory, self._sources)
            translation = containers.Translation(self._state, self._facts, pod, directory, self._sources, ports)
            running = [self._ensure(container, names[container], translation) for container in names]
        except NotYetError as error:
            return "pending", str(error)
        except UnrunnableError as error:
            return "failed", str(error)
        for container, name in names.items():
            real = containers.published_ports(containers.container_of(pod, container), ports[container])
            labels = pod["metadata"].get("labels") or {}
            row = Published(metadata["namespace"], metadata["name"], container, name, labels, real)
            done.rows.append(row)
        return verdict(running)

    def _ports(self, pod: Document, container: str, process: str) -> dict[int, int]:
        """Return the real port of each port of a container."""
        wanted = containers.ports_of(containers.container_of(pod, container))
        held = self._control.reserve_ports(process, [containers.port_token(port) for port in wanted])
        return {port: held[containers.port_token(port)] for port in wanted}

    def _ensure(self, container: str, name: str, translation: containers.Translation) -> ProcessStatus:
        """Have one container's process running, without waiting for it."""
        program = containers.known(translation.pod)[container]
        spec = containers.process_of(name, container, program, translation)
        return self._control.ensure_process(spec, wait=0)

    def _remove_directories(self, wanted: set[str]) -> None:
        """Remove the volumes of Deployments that are gone: they hold Secrets and tokens."""
        if not self._directory.is_dir():
            return
        for path in self._directory.iterdir():
            if path.name not in wanted:
                shutil.rmtree(path, ignore_errors=True)

    def _follow_processes(self) -> None:
        """Wake the loop whenever the state of a process changes."""
        version = 0
        while True:
            try:
                version = self._control.wait_change(version)
                self._wake.set()
            except HeadgateError as error:
                LOG.info("supervisor: %s", error)
                threading.Event().wait(RETRY_AFTER)


def verdict(running: list[ProcessStatus]) -> tuple[str, str]:
    """Return what pods are told: ready when every real process of theirs is."""
    lacking = [status for status in running if status.state is not State.READY]
    if not lacking:
        return "ready", ""
    # The pause before the next start changes with each death: only the death itself is news for the pods.
    reasons = [status.reason.partition(";")[0] or str(status.state) for status in lacking]
    return "pending", "; ".join(f"{status.name}: {why}" for status, why in zip(lacking, reasons, strict=True))
