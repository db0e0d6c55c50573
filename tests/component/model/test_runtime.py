"""The serving runtime that the image carries answers as the protocol says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import urllib3

from headgate.model.runtime import Model, server
from headgate.sandbox.layout import CHECKOUT

pytestmark = pytest.mark.component

EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"
PATH = "/v2/models/fraud-score"


@pytest.fixture
def address() -> Iterator[str]:
    """Serve the example on a loopback port."""
    running = server(Model("fraud-score", EXAMPLE), "127.0.0.1", 0)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def test_the_runtime_gives_the_sample_scores(address: str) -> None:
    """The same answers as the sandbox's data plane gives."""
    for sample in json.loads((EXAMPLE / "samples.json").read_text()):
        response = urllib3.request("POST", f"{address}{PATH}/infer", json={**sample["request"], "id": "1"})

        answer = response.json()
        assert (response.status, answer["id"], answer["outputs"][0]["name"]) == (200, "1", "score")
        np.testing.assert_allclose(answer["outputs"][0]["data"], sample["expected"]["score"], atol=1e-3)


def test_the_runtime_answers_probes_and_refuses_the_rest(address: str) -> None:
    """Health, metadata, unknown paths, wrong bodies."""
    statuses = [
        urllib3.request("GET", address + path).status
        for path in ("/v2/health/live", "/v2/health/ready", PATH, f"{PATH}/ready", "/v2/models/other")
    ]

    assert statuses == [200, 200, 200, 200, 404]
    assert urllib3.request("GET", address + PATH).json()["inputs"] == [
        {"name": "features", "datatype": "FP32", "shape": [-1, 6]}
    ]
    assert urllib3.request("POST", f"{address}{PATH}/infer", body=b"{").status == 400
    assert urllib3.request("POST", f"{address}/v2/models/other/infer", body=b"{}").status == 404
