"""What is watched of a model, all the way: the runtime measures it, Prometheus judges it, Alertmanager tells of it."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from monitored import ASSISTANT, INDICATORS, RUNBOOKS, SCOPE, WATCHED
from pager import Pager

from components.monitoring import business, inputs, quality, spending
from components.monitoring.alerts import saturation
from components.monitoring.routes import DeadMan, Routing, Step, configuration
from components.monitoring.rule import Alert, Group, document
from headgate.model import build
from headgate.sandbox.dataplane.behaviour import Behaviour, Rule
from headgate.sandbox.dataplane.cache import CachedModel
from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.held import Held
from headgate.sandbox.dataplane.inference import Asked, Inference, RefusedError
from headgate.sandbox.dataplane.runtime import Runtime
from headgate.sandbox.dataplane.simulation import Loads
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.sandbox.dataplane.tensors import InferRequest
from headgate.sandbox.dataplane.volumes import Volumes
from headgate.sandbox.layout import CHECKOUT
from headgate.sandbox.toolchain import tool_path
from tests.component.monitoring.test_routes import QUICK, Alertmanager, eventually

pytestmark = pytest.mark.component

RANDOM = np.random.default_rng(7)
RANGES = ("--input-range=amount=0:10000", "--input-range=hour=0:24")
LIMITS = ("--tokens-per-minute=4000", "--tokens-per-month=100000")


class Region:
    """A region's runtime with a model and a language model, whose page of metrics is served."""

    def __init__(self) -> None:
        self.behaviour, self._runtime, self._cluster, self._loads = Behaviour(), Runtime(), Cluster(), Loads()
        self.telemetry = Telemetry("uaenorth", self._cluster, self._loads)
        models: dict[tuple[str, str], tuple[CachedModel, ...]] = {}
        volumes = cast(Volumes, SimpleNamespace(models=models))
        parts = (self._cluster, volumes, self._runtime, self.behaviour, self._loads, self.telemetry)
        self.inference = Inference(*parts)
        self.telemetry.show(Held("uaenorth", self._cluster, self._loads).gauges())
        slices, ingresses = [], []
        for team, name, arguments in (("fraud", "fraud-score", RANGES), ("assistant", "simulated-assistant", LIMITS)):
            cached = _cached(team, name)
            self._runtime.load(cached)
            pod = f"{name}-6786d64648-ntbw5"
            models[f"team-{team}", pod] = (cached,)
            self._cluster.change_pod("ADDED", _pod(team, pod, arguments))
            slices.append(_slice(team, name, pod))
            ingresses.append(_ingress(team, name))
        self._cluster.list_slices(slices)
        self._cluster.list_ingresses(ingresses)

    def ask(self, name: str, **tensors: np.ndarray[Any, Any]) -> int:
        """Ask a model once; return the answer's status."""
        try:
            asyncio.run(self.inference.infer(Asked("h", name, "", "http"), InferRequest(tensors)))
        except RefusedError as error:
            return error.status
        return 200

    def payments(self, rows: int = 50, shift: float = 0.0) -> None:
        """Score payments of a usual kind, or of one that has moved."""
        usual = np.array([25, 14, 0.1, 6, 0, 1]) + RANDOM.normal(0, 1, (rows, 6)) * [5, 3, 0.05, 1, 0.1, 0.5]
        self.ask("fraud-score", features=(usual + np.array([shift, 0, 0, 0, 0, 0])).astype(np.float32))

    def busy(self) -> None:
        """Keep every worker at work: the GPUs have no time left."""
        for pod in self._cluster.pods.values():
            self._loads.of(pod).in_flight = pod.concurrency

    def close(self) -> None:
        """End the runtime's threads."""
        self._runtime.close()


def _cached(team: str, name: str) -> CachedModel:
    folder = CHECKOUT / "examples/models" / name
    version = build(folder, f"{team}/{name}", "1.0.0").model
    return CachedModel(version, {file.path: folder / file.path for file in version.files})


def _pod(team: str, name: str, arguments: tuple[str, ...]) -> dict[str, Any]:
    requests = {"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"}
    container = {"name": "runtime", "image": "i", "args": list(arguments), "resources": {"requests": requests}}
    notes = {"sandbox.headgate.dev/service-time": "0"}
    return {
        "metadata": {"namespace": f"team-{team}", "name": name, "uid": name, "annotations": notes},
        "spec": {"nodeName": "n", "containers": [container], "volumes": [{"name": "m", "image": {"reference": "r"}}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def _slice(team: str, name: str, pod: str) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": name}
    return {
        "metadata": {"namespace": f"team-{team}", "name": name, "labels": labels},
        "endpoints": [{"targetRef": {"kind": "Pod", "name": pod}}],
    }


def _ingress(team: str, name: str) -> dict[str, Any]:
    path = {"path": f"/v2/models/{name}", "backend": {"service": {"name": name}}}
    spec = {"ingressClassName": "headgate", "rules": [{"http": {"paths": [path]}}]}
    return {"metadata": {"namespace": f"team-{team}", "name": name}, "spec": spec}


@pytest.fixture
def served() -> Iterator[Region]:
    """Return a region's runtime."""
    made = Region()
    yield made
    made.close()


@pytest.fixture
def page(served: Region) -> Iterator[str]:
    """Serve the runtime's metrics; return where."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(served.telemetry.page().encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def pager() -> Iterator[Pager]:
    """Return somebody who is called."""
    made = Pager()
    yield made
    made.close()


def at_once(group: Group) -> Group:
    """Return a group whose alerts do not wait: nobody has an hour for this test."""
    held = tuple(replace(rule, hold="0s") if isinstance(rule, Alert) else rule for rule in group.rules)
    return replace(group, rules=held)


@pytest.fixture
def judged(tmp_path: Path, page: str, pager: Pager) -> Iterator[Callable[[], set[str]]]:
    """Run Prometheus and Alertmanager over the runtime; return what says of which alerts somebody was told."""
    routing = Routing((Step("team", webhooks=(f"{pager.url}team",)),), DeadMan(f"{pager.url}dead-man"), telling=QUICK)
    alertmanager = Alertmanager(configuration(routing), tmp_path / "alertmanager")
    groups = (
        quality.rules(WATCHED, "fraud-models"),
        inputs.rules(WATCHED, "fraud-models"),
        business.rules(WATCHED, "fraud-models", INDICATORS),
        spending.model_rules(WATCHED, "fraud-models", 500),
        spending.team_rules("fraud", "team-fraud", "fraud-models", 500),
        spending.token_rules(ASSISTANT, "assistants", 1000),
        Group("headgate-saturation", saturation.alerts(SCOPE)),
    )
    (tmp_path / "rules.json").write_text(json.dumps(document([at_once(group) for group in groups], RUNBOOKS)))
    job = {"job_name": "models", "honor_labels": True, "static_configs": [{"targets": [page]}]}
    told = {"static_configs": [{"targets": [alertmanager.address]}]}
    pace = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    settings = {"global": pace, "rule_files": ["rules.json"], "alerting": {"alertmanagers": [told]}}
    (tmp_path / "prometheus.json").write_text(json.dumps({**settings, "scrape_configs": [job]}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [f"--config.file={tmp_path / 'prometheus.json'}", f"--storage.tsdb.path={tmp_path / 'data'}"]
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            [str(tool_path("prometheus")), *arguments, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        )
    yield lambda: {name for name, status in pager.at("/team") if status == "firing"}
    running.terminate()
    running.wait(timeout=10)
    alertmanager.stop()


def test_what_a_model_is_asked_answers_and_costs_is_told(served: Region, judged: Callable[[], set[str]]) -> None:
    """Each fault is made where it would be, at the runtime; a model that is well is told of for its cost alone."""
    for _ in range(8):
        served.payments()
    dear = {"ModelSpendHigh", "TeamSpendHigh"}
    eventually(lambda: judged() == dear, "what it costs is told, by what its pods hold")

    served.behaviour.rules["moved"] = Rule("moved", model="fraud-score", wrong_rate=1.0)
    for _ in range(4):
        served.payments(shift=100)
    moved = {"ModelFeatureDriftKS", "ModelPredictionDriftKS", "BusinessIndicatorOff"}
    eventually(lambda: judged() == dear | moved, "inputs and answers that have moved are told")

    faulty = np.array([[float("nan"), 99, 0.1, 6, 0, 1]] * 50, dtype=np.float32)

    def asked_badly() -> bool:
        assert served.ask("fraud-score", features=faulty) == 200
        assert served.ask("fraud-score", other=faulty) == 400
        return bad <= judged()

    bad = {"ModelInputMissing", "ModelInputOutOfRange", "ModelInputSchema"}
    eventually(asked_badly, "faults of inputs are told")

    served.busy()
    spent = {"LanguageModelTokensHigh", "LanguageModelRefuses", "GpuSaturated"}
    answers: list[int] = []

    def asked_for_much() -> bool:
        answers.append(served.ask("simulated-assistant", token=np.array([1], dtype=np.int64)))
        return spent <= judged()

    eventually(asked_for_much, "tokens that run out, refusals and busy GPUs are told")
    assert set(answers) == {200, 429}
    assert judged() == dear | moved | bad | spent
