"""Routing and answering with the real example model, without sockets."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from headgate.errors import HeadgateError
from headgate.model import Registry
from headgate.model.versions import Built
from headgate.sandbox.dataplane.behaviour import Behaviour, Rule
from headgate.sandbox.dataplane.cache import ModelCache
from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.inference import Answer, Asked, Inference, RefusedError
from headgate.sandbox.dataplane.runtime import Runtime
from headgate.sandbox.dataplane.simulation import Loads
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.sandbox.dataplane.tensors import InferRequest
from headgate.sandbox.dataplane.volumes import Volumes

pytestmark = pytest.mark.unit

Make = Callable[..., dict[str, Any]]
FAST = {"annotations": {"sandbox.headgate.dev/service-time": "0"}}
REQUEST = InferRequest({"features": np.asarray([[25.0, 14, 0.1, 6, 0, 1]], dtype=np.float32)})


class Models:
    """What Volumes knows of pods' models."""

    def __init__(self) -> None:
        self.models: dict[tuple[str, str], tuple[Any, ...]] = {}


class Region:
    """A region with two ready pods of the example model, in memory."""

    def __init__(self, registry: Any, example: Built, directory: Path, make_pod: Make, make_slice: Make) -> None:
        cached = ModelCache(directory, lambda _: cast(Registry, registry)).ensure(registry.add(example))
        self.runtime, self.behaviour, self.cluster = Runtime(), Behaviour(), Cluster()
        self.runtime.load(cached)
        self.volumes = Models()
        loads = Loads()
        self.telemetry = Telemetry("uaenorth", self.cluster, loads)
        self.inference = Inference(
            self.cluster,
            cast(Volumes, self.volumes),
            self.runtime,
            self.behaviour,
            loads,
            self.telemetry,
        )
        for name in ("a", "b"):
            self.cluster.change_pod("ADDED", make_pod(name, metadata=FAST))
            self.volumes.models["team-fraud", name] = (cached,)
        self.cached = cached
        self.cluster.list_slices([make_slice("a", "b")])

    def infer(self, name: str = "fraud-score", version: str = "", request: InferRequest = REQUEST) -> Answer:
        """Answer one request."""
        return asyncio.run(self.inference.infer(Asked("h", name, version, "http"), request))

    def refusal(self, *arguments: Any) -> tuple[int, str]:
        """Return how a request is refused."""
        with pytest.raises(RefusedError) as caught:
            self.infer(*arguments)
        return caught.value.status, str(caught.value)


@pytest.fixture
def region(
    registry: Any, example: Built, tmp_path: Path, make_pod: Make, make_slice: Make, make_ingress: Make
) -> Iterator[Region]:
    """Return the region, with its route."""
    made = Region(registry, example, tmp_path, make_pod, make_slice)
    made.cluster.list_ingresses([make_ingress()])
    yield made
    made.runtime.close()


def test_requests_take_turns_between_pods(region: Region) -> None:
    """Round robin, with the model's own answer."""
    answers = [region.infer() for _ in range(4)]

    assert Counter(answer.target.pod.name for answer in answers) == {"a": 2, "b": 2}
    np.testing.assert_allclose(answers[0].outputs["score"], [[0.0036]], atol=1e-3)


def test_refusals_have_the_protocols_statuses(region: Region) -> None:
    """No route 404, no such version 404, wrong tensors 400, no ready pod 503."""
    wrong = InferRequest({"other": np.zeros(1)})

    assert region.refusal("nobody") == (404, "no model 'nobody' is served here")
    assert region.refusal("fraud-score", "9.0.0") == (404, "model 'fraud-score' has no version '9.0.0' here")
    assert region.refusal("fraud-score", "", wrong)[0] == 400
    region.cluster.list_slices([])
    assert region.refusal() == (503, "no pod of model 'fraud-score' is ready")


def test_a_pod_whose_model_is_not_loaded_gets_no_traffic(region: Region) -> None:
    """The API server may call a pod ready before this process has its model again, after a restart."""
    del region.volumes.models["team-fraud", "a"]

    assert {region.infer().target.pod.name for _ in range(3)} == {"b"}


def test_a_models_error_is_counted_as_such(region: Region) -> None:
    """Every answer is counted by its code; names that nobody serves do not grow the metrics."""
    region.infer()
    region.refusal("nobody")
    region.behaviour.rules["r"] = Rule("r", error_rate=1.0)
    assert region.refusal()[0] == 500

    name = "headgate_inference_requests_total"
    served = 'namespace="team-fraud",model="fraud-score",version="1.0.0",protocol="http"'
    rows = [row for row in region.telemetry.page().splitlines() if row.startswith(name + "{")]
    assert rows == [
        f'{name}{{region="uaenorth",namespace="",model="",version="",protocol="http",code="404"}} 1',
        f'{name}{{region="uaenorth",{served},code="200"}} 1',
        f'{name}{{region="uaenorth",{served},code="500"}} 1',
    ]


def test_a_rule_on_labels_weighs_one_revision_against_the_other(region: Region, make_pod: Make) -> None:
    """Weights by the label of a ReplicaSet: three to one."""
    metadata = {**FAST, "labels": {"app": "fraud-score", "pod-template-hash": "new"}}
    region.cluster.change_pod("MODIFIED", make_pod("b", metadata=metadata))
    region.behaviour.rules["w"] = Rule("w", labels={"pod-template-hash": "new"}, weight=1 / 3)

    share = sum(region.inference.available("h", "fraud-score").pod.name == "b" for _ in range(2000)) / 2000

    assert 0.2 < share < 0.3


def test_a_canary_gets_its_share_and_none_without_ready_pods(
    region: Region, make_ingress: Make, make_slice: Make
) -> None:
    """The weight of the canary Ingress, as Argo Rollouts sets it; all of it when the stable service has nobody."""
    notes = {"nginx.ingress.kubernetes.io/canary": "true", "nginx.ingress.kubernetes.io/canary-weight": "20"}
    region.cluster.change_ingress("ADDED", make_ingress(service="canary", name="c", annotations=notes))
    region.cluster.list_slices([make_slice("a")])

    def share_of_b() -> float:
        return sum(region.inference.available("h", "fraud-score").pod.name == "b" for _ in range(2000)) / 2000

    assert share_of_b() == 0.0
    region.cluster.change_slice("ADDED", make_slice("b", service="canary", name="s2"))
    assert 0.16 < share_of_b() < 0.24
    region.cluster.change_slice("DELETED", make_slice("a"))
    assert share_of_b() == 1.0


NGINX = "nginx.ingress.kubernetes.io"


def chosen(region: Region, **carried: str) -> set[str]:
    """Return the pods that answer requests with these headers."""
    return {region.inference.available("h", "fraud-score", "", carried).pod.name for _ in range(20)}


def beside(region: Region, make_ingress: Make, make_slice: Make, **notes: str) -> None:
    """Put pod b behind a second version's route, with a behind the model's own."""
    annotations = {f"{NGINX}/{key.replace('_', '-')}": value for key, value in {"canary": "true", **notes}.items()}
    region.cluster.change_ingress("ADDED", make_ingress(service="second", name="b", annotations=annotations))
    region.cluster.list_slices([make_slice("a"), make_slice("b", service="second", name="s2")])


def test_a_header_with_its_value_chooses_the_second_version(
    region: Region, make_ingress: Make, make_slice: Make
) -> None:
    """Another value, or none, goes to the first; while the first has nobody, only those who ask get the second."""
    beside(region, make_ingress, make_slice, canary_by_header="X-Cohort", canary_by_header_value="b")

    assert chosen(region, **{"x-cohort": "b"}) == {"b"}
    assert chosen(region, **{"x-cohort": "always"}) == chosen(region) == {"a"}
    region.cluster.change_slice("DELETED", make_slice("a"))
    assert chosen(region, **{"x-cohort": "b"}) == {"b"}
    with pytest.raises(RefusedError, match="no pod of model"):
        chosen(region)


def test_a_cookie_chooses_the_second_version_or_keeps_the_first(
    region: Region, make_ingress: Make, make_slice: Make
) -> None:
    """`always` and `never` decide; anything else is left to the share, which is none here."""
    beside(region, make_ingress, make_slice, canary_by_cookie="cohort")

    assert chosen(region, cookie="x=1; cohort=always") == {"b"}
    assert chosen(region, cookie="cohort=never") == chosen(region, cookie="cohort=b") == chosen(region) == {"a"}


def test_the_fallback_answers_while_no_pod_of_the_model_is_ready(
    region: Region, make_ingress: Make, make_slice: Make
) -> None:
    """And only then."""
    annotations = {f"{NGINX}/default-backend": "simple"}
    region.cluster.list_ingresses([make_ingress(annotations=annotations)])
    region.cluster.list_slices([make_slice("a"), make_slice("b", service="simple", name="s2")])

    assert chosen(region) == {"a"}
    region.cluster.change_slice("DELETED", make_slice("a"))
    assert chosen(region) == {"b"}


def test_a_shadow_gets_a_copy_whose_answer_nobody_sees(
    region: Region, make_pod: Make, make_ingress: Make, make_slice: Make
) -> None:
    """Counted under a protocol of its own; a shadow that fails fails alone."""
    annotations = {f"{NGINX}/mirror-target": "http://second.team-fraud.svc$request_uri"}
    region.cluster.list_ingresses([make_ingress(annotations=annotations)])
    region.cluster.list_slices([make_slice("a"), make_slice("b", service="second", name="s2")])
    region.cluster.change_pod("MODIFIED", make_pod("b", metadata={**FAST, "labels": {"role": "shadow"}}))
    region.behaviour.rules["r"] = Rule("r", labels={"role": "shadow"}, error_rate=1.0)

    async def asked() -> str:
        answer = await region.inference.infer(Asked("h", "fraud-score", "", "http"), REQUEST)
        await asyncio.gather(*region.inference._copies, return_exceptions=True)
        return answer.target.pod.name

    assert asyncio.run(asked()) == "a"
    served = 'namespace="team-fraud",model="fraud-score",version="1.0.0"'
    name = "headgate_inference_requests_total"
    assert [line for line in region.telemetry.page().splitlines() if line.startswith(f"{name}{{")] == [
        f'{name}{{region="uaenorth",{served},protocol="http",code="200"}} 1',
        f'{name}{{region="uaenorth",{served},protocol="shadow",code="500"}} 1',
    ]


def test_a_pod_that_keeps_answers_gives_them_again(region: Region, make_pod: Make, make_slice: Make) -> None:
    """Without work of its model; what it does wrong because it was told to is never kept, nor given."""
    told = {"containers": [{"args": ["--response-cache-seconds=60", "--response-cache-megabytes=1"]}]}
    region.cluster.change_pod("MODIFIED", make_pod("b", metadata=FAST, spec=told))
    region.cluster.list_slices([make_slice("b")])
    first, again = region.infer(), region.infer()
    region.behaviour.rules["r"] = Rule("r", wrong_rate=1.0)
    wrong = region.infer()
    region.behaviour.rules.clear()
    right = region.infer()

    assert [answer.kept for answer in (first, again, wrong, right)] == [False, True, False, True]
    assert again.outputs["score"].tolist() == right.outputs["score"].tolist() == first.outputs["score"].tolist()
    assert wrong.outputs["score"].tolist() != first.outputs["score"].tolist()
    counted = 'region="uaenorth",namespace="team-fraud",model="fraud-score",version="1.0.0"'
    assert [line for line in region.telemetry.page().splitlines() if line.startswith("headgate_inference_cache")] == [
        f'headgate_inference_cache_total{{{counted},result="hit"}} 2',
        f'headgate_inference_cache_total{{{counted},result="miss"}} 1',
    ]


def test_calls_go_to_pods_that_speak_grpc(region: Region, make_pod: Make, make_ingress: Make, make_slice: Make) -> None:
    """To those that open the port; they get no copy and no fallback, as behind a gateway."""

    def call() -> str:
        answer = asyncio.run(region.inference.infer(Asked("", "fraud-score", "", "grpc"), REQUEST))
        assert not region.inference._copies
        return answer.target.pod.name

    def refusal() -> int:
        with pytest.raises(RefusedError) as caught:
            call()
        return caught.value.status

    nowhere = refusal()
    speaking = {"containers": [{"ports": [{"name": "grpc", "containerPort": 9000}]}]}
    region.cluster.change_pod("MODIFIED", make_pod("b", metadata=FAST, spec=speaking))
    second = "second.team-fraud.svc"
    notes = {f"{NGINX}/mirror-target": f"http://{second}$request_uri", f"{NGINX}/default-backend": "second"}
    region.cluster.list_ingresses([make_ingress(annotations=notes)])
    region.cluster.list_slices([make_slice("a", "b"), make_slice("b", service="second", name="s2")])
    answered = {call() for _ in range(3)}
    region.cluster.change_slice("DELETED", make_slice("a", "b"))

    assert (nowhere, answered, refusal()) == (501, {"b"}, 503)


def test_a_region_is_healthy_while_some_model_is_ready_and_nobody_says_otherwise(region: Region) -> None:
    """What the edge's probe asks."""
    assert region.inference.healthy()
    region.behaviour.rules["r"] = Rule("r", unhealthy=True)
    assert not region.inference.healthy()
    region.behaviour.rules.clear()
    region.cluster.list_ingresses([])
    assert not region.inference.healthy()


def test_a_model_that_was_changed_on_disk_is_not_loaded(region: Region) -> None:
    """Verified once more at the load itself."""
    region.runtime.keep_only(set())
    region.cached.files["model.onnx"].write_bytes(b"forged")

    with pytest.raises(HeadgateError, match="changed on disk"):
        region.runtime.load(region.cached)


def test_sessions_that_nobody_serves_are_forgotten(region: Region) -> None:
    """Memory is bounded by what is served now."""
    digest = region.cached.digest
    assert region.runtime.loaded(digest) is not None

    region.runtime.keep_only(set())

    assert region.runtime.loaded(digest) is None
