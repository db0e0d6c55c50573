"""Real requests to a real model, over both protocols, through what the API server says is ready."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import urllib3

from headgate.model import ModelRegistry, Pushed
from headgate.sandbox.dataplane.behaviour import Rule
from headgate.sandbox.dataplane.oip import open_inference_pb2 as oip
from headgate.sandbox.dataplane.oip import open_inference_pb2_grpc as oip_grpc
from headgate.sandbox.dataplane.steering import Steering
from headgate.sandbox.layout import StateDir
from headgate.sandbox.smoke import smoke
from headgate.sandbox.traffic import Load, run

pytestmark = pytest.mark.component

Wait = Callable[[Callable[[], Any], str], Any]


@pytest.fixture
def samples(example: Path) -> list[dict[str, Any]]:
    """Return requests with the scores that they must give."""
    rows: list[dict[str, Any]] = json.loads((example / "samples.json").read_text())
    return rows


@pytest.fixture
def ask(ports: dict[str, int], sandbox: StateDir) -> Callable[..., tuple[int, Any, dict[str, str]]]:
    """Return a caller of the gateway that verifies its certificate."""
    pool = urllib3.HTTPSConnectionPool("localhost", ports["https"], ca_certs=str(sandbox.pki / "ca.crt"))

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any, dict[str, str]]:
        data = json.dumps(body).encode() if body is not None else None
        response = pool.urlopen(method, path, body=data, retries=False)
        document = json.loads(response.data) if response.data else None
        return response.status, document, dict(response.headers)

    return call


@pytest.fixture
def up(served: Any, models: ModelRegistry, wait: Wait, ask: Any, example: Path) -> Pushed:
    """Serve the example with two pods, and wait until the gateway routes to both."""
    pushed = models.push(example, f"up/{served.name}", "1.0.0")
    served.deploy(pushed.reference, replicas=2, speaks_grpc=True)
    wait(lambda: served.ready(2), "the pods are ready")
    path = f"/v2/models/{served.name}"
    seen: set[str] = set()

    def both() -> bool:
        status, _, headers = ask("GET", path)
        seen.add(headers.get("x-headgate-pod", "") if status == 200 else "")
        return len(seen - {""}) == 2

    wait(both, "both pods get traffic")
    return pushed


def test_the_model_answers_over_http(
    up: Pushed, served: Any, ask: Any, samples: list[dict[str, Any]], region: Any
) -> None:
    """Expected scores, the request's id, and who answered: pod, region, digest."""
    for sample in samples:
        status, answer, headers = ask(
            "POST", f"/v2/models/{served.name}/infer", {**sample["request"], "id": sample["name"]}
        )

        (output,) = answer["outputs"]
        assert (status, answer["id"], answer["model_version"]) == (200, sample["name"], "1.0.0")
        assert (output["name"], output["datatype"], output["shape"]) == ("score", "FP32", [1, 1])
        np.testing.assert_allclose(output["data"], sample["expected"]["score"], atol=1e-3)
        assert headers["x-headgate-region"] == region.location
        assert headers["x-headgate-model-digest"] == up.digest
        assert headers["x-headgate-pod"] in {pod["metadata"]["name"] for pod in served.pods()}


def test_the_model_answers_over_grpc(
    up: Pushed, served: Any, ports: dict[str, int], sandbox: StateDir, samples: list[dict[str, Any]]
) -> None:
    """Typed and raw contents give the same scores; unknown models and wrong tensors have their status codes."""
    credentials = grpc.ssl_channel_credentials((sandbox.pki / "ca.crt").read_bytes())
    (tensor,) = samples[1]["request"]["inputs"]
    with grpc.secure_channel(f"localhost:{ports['grpc']}", credentials) as channel:
        stub = oip_grpc.GRPCInferenceServiceStub(channel)  # type: ignore[no-untyped-call]
        typed = oip.ModelInferRequest(model_name=served.name, id="7")
        row = typed.inputs.add(name="features", datatype="FP32", shape=tensor["shape"])
        row.contents.fp32_contents.extend(tensor["data"])
        raw = oip.ModelInferRequest(model_name=served.name)
        raw.inputs.add(name="features", datatype="FP32", shape=tensor["shape"])
        raw.raw_input_contents.append(np.asarray(tensor["data"], dtype="<f4").tobytes())

        answered, raw_answered = stub.ModelInfer(typed), stub.ModelInfer(raw)
        metadata = stub.ModelMetadata(oip.ModelMetadataRequest(name=served.name))
        refused = []
        for name, version, kind in ((served.name, "9.9.9", "FP32"), ("nobody", "", "FP32"), (served.name, "", "FP64")):
            wrong = oip.ModelInferRequest(model_name=name, model_version=version)
            wrong.inputs.add(name="features", datatype=kind, shape=[0, 6])
            with pytest.raises(grpc.RpcError) as caught:
                stub.ModelInfer(wrong)
            refused.append(caught.value.code())
        live = stub.ServerLive(oip.ServerLiveRequest()).live
        ready = stub.ServerReady(oip.ServerReadyRequest()).ready
        model_ready = [stub.ModelReady(oip.ModelReadyRequest(name=name)).ready for name in (served.name, "nobody")]

    assert (answered.id, answered.model_version) == ("7", "1.0.0")
    np.testing.assert_allclose(answered.outputs[0].contents.fp32_contents, samples[1]["expected"]["score"], atol=1e-3)
    assert np.frombuffer(raw_answered.raw_output_contents[0], "<f4").tolist() == list(
        answered.outputs[0].contents.fp32_contents
    )
    assert [(row.name, row.datatype, list(row.shape)) for row in metadata.inputs] == [("features", "FP32", [-1, 6])]
    assert refused == [grpc.StatusCode.NOT_FOUND, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT]
    assert (live, ready, model_ready) == (True, True, [True, False])


def test_health_and_metadata_follow_the_protocol(up: Pushed, served: Any, ask: Any) -> None:
    """Server and model, with and without a version; what is not there is 404."""
    base = f"/v2/models/{served.name}"

    statuses = {
        path: ask("GET", path)[0]
        for path in (
            "/v2",
            "/v2/health/live",
            "/v2/health/ready",
            base,
            f"{base}/ready",
            f"{base}/versions/1.0.0/ready",
            f"{base}/versions/2.0.0/ready",
            "/v2/models/nobody",
            "/metrics",
        )
    }

    assert list(statuses.values()) == [200, 200, 200, 200, 200, 200, 404, 404, 404]
    assert ask("HEAD", "/v2/health/ready")[0] == 200
    assert ask("GET", base)[1]["outputs"] == [{"name": "score", "datatype": "FP32", "shape": [-1, 1]}]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"inputs": []}, "non-empty list"),
        ({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}]}, "the model's inputs are"),
        ({"inputs": [{"name": "features", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}, "has shape"),
        ({"inputs": [{"name": "features", "datatype": "FP64", "shape": [0, 6], "data": []}]}, "is FP32"),
    ],
)
def test_a_wrong_request_is_refused_with_its_reason(up: Pushed, served: Any, ask: Any, body: Any, message: str) -> None:
    """400, in the protocol's form."""
    status, answer, _ = ask("POST", f"/v2/models/{served.name}/infer", body)

    assert status == 400
    assert message in answer["error"]


def test_a_model_without_a_ready_pod_is_unavailable(up: Pushed, served: Any, ask: Any, wait: Wait) -> None:
    """503 while the route stands, and 404 once it is gone."""
    path = f"/v2/models/{served.name}/ready"
    served.deploy(up.reference, replicas=0)
    wait(lambda: ask("GET", path)[0] == 503, "503 without pods")

    served.kube.delete("networking.k8s.io/v1", "Ingress", served.name, namespace=served.namespace)
    wait(lambda: ask("GET", path)[0] == 404, "404 without a route")


def test_a_region_does_as_it_is_told(
    up: Pushed, served: Any, ask: Any, steering: Steering, samples: list[dict[str, Any]]
) -> None:
    """Errors, wrong outputs, drift, weights and health are set and lifted at run time."""
    name, sample = served.name, samples[0]
    path = f"/v2/models/{name}/infer"

    def score() -> float:
        return float(ask("POST", path, sample["request"])[1]["outputs"][0]["data"][0])

    honest = score()
    steering.set(Rule("r", model=name, error_rate=1.0))
    assert ask("POST", path, sample["request"])[0] == 500
    steering.set(Rule("r", model=name, wrong_rate=1.0))
    assert score() == pytest.approx(1 - honest, abs=1e-6)
    steering.set(Rule("r", model=name, drift=5.0))
    assert score() != pytest.approx(honest, abs=1e-3)
    steering.set(Rule("r", model=name, weight=0.0))
    assert ask("POST", path, sample["request"])[0] == 503
    steering.set(Rule("r", unhealthy=True))
    assert (ask("HEAD", "/v2/health/ready")[0], ask("GET", "/v2/health/live")[0]) == (503, 200)
    assert [rule.name for rule in steering.rules()] == ["r"]

    steering.clear("r")
    assert (score(), ask("GET", "/v2/health/ready")[0]) == (honest, 200)


def test_load_is_spread_over_pods_and_counted(
    up: Pushed, served: Any, sandbox: StateDir, ports: dict[str, int], samples: list[dict[str, Any]]
) -> None:
    """Every request of an open loop is answered, by both pods alike, and the metrics say so."""
    url = f"https://localhost:{ports['https']}/v2/models/{served.name}/infer"

    outcome = run(Load(url, rate=40, seconds=2, body=samples[0]["request"]), sandbox)

    assert (outcome.sent, outcome.success, outcome.statuses) == (80, 1.0, {200: 80})
    assert list(outcome.pods.values()) == [40, 40]
    page = urllib3.request("GET", f"http://127.0.0.1:{ports['http']}/metrics").data.decode()
    counted = [row for row in page.splitlines() if row.startswith("headgate_inference_requests_total{")]
    line = next(row for row in counted if f'model="{served.name}"' in row)
    assert f'namespace="{served.namespace}"' in line
    assert line.endswith(" 80")


def test_work_shows_as_cpu_usage_of_the_pods(
    up: Pushed, served: Any, sandbox: StateDir, ports: dict[str, int], samples: list[dict[str, Any]], wait: Wait
) -> None:
    """The annotations that metrics-server's numbers come from rise with real requests, and fall after them."""

    def millicores() -> list[int]:
        notes = [pod["metadata"].get("annotations") or {} for pod in served.pods()]
        return [int(row.get("kwok.x-k8s.io/usage-cpu", "0m").removesuffix("m")) for row in notes]

    url = f"https://localhost:{ports['https']}/v2/models/{served.name}/infer"
    run(Load(url, rate=60, seconds=6, body=samples[0]["request"]), sandbox)

    wait(lambda: min(millicores()) > 20, "usage rises")
    wait(lambda: max(millicores()) < 20, "usage falls")


def test_the_smoke_request_tells_who_answered(
    up: Pushed, served: Any, sandbox: StateDir, ports: dict[str, int], samples: list[dict[str, Any]], region: Any
) -> None:
    """A success names region, pod and digest; a failure says what came instead."""
    url = f"https://localhost:{ports['https']}"

    good = smoke(url, served.name, samples[0]["request"], state=sandbox)
    bad = smoke(url, "nobody", samples[0]["request"], state=sandbox)
    away = smoke("https://nobody.azurefd.net", served.name, samples[0]["request"], state=sandbox)

    assert (good.ok, good.status, good.region, good.digest) == (True, 200, region.location, up.digest)
    assert (bad.ok, bad.status, bad.error) == (False, 404, "no model 'nobody' is served here")
    assert (away.ok, away.status) == (False, 0)
    assert away.error
