"""The real autoscaler, fed by the real metrics server, moves with real requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headgate.model import ModelRegistry
from headgate.sandbox.layout import StateDir
from headgate.sandbox.traffic import Load, Outcome, send

pytestmark = pytest.mark.component

Wait = Callable[[Callable[[], Any], str], Any]
# One pod works on one request of 50 ms at a time: ten a second are half of its CPU, and more than its target of 30 %.
SLOW = {"sandbox.headgate.dev/concurrency": "1", "sandbox.headgate.dev/service-time": "0.05"}


def test_the_autoscaler_adds_a_pod_under_load(
    served: Any, models: ModelRegistry, wait: Wait, sandbox: StateDir, ports: dict[str, int], example: Path
) -> None:
    """From one pod to two while requests are answered, by what metrics-server says of them."""
    pushed = models.push(example, f"scale/{served.name}", "1.0.0")
    served.deploy(pushed.reference, notes=SLOW)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": served.name}
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 30}}
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": served.name, "namespace": served.namespace},
        "spec": {
            "scaleTargetRef": target,
            "minReplicas": 1,
            "maxReplicas": 2,
            "metrics": [{"type": "Resource", "resource": cpu}],
        },
    }
    wait(lambda: served.ready(1), "one pod is ready")
    served.kube.apply(autoscaler, field_manager="test")
    body = json.loads((example / "samples.json").read_text())[0]["request"]
    load = Load(f"https://localhost:{ports['https']}/v2/models/{served.name}/infer", 10, 120, body)

    async def under_load() -> tuple[bool, Outcome | None]:
        sending = asyncio.create_task(send(load, sandbox))
        while not sending.done():
            if await asyncio.to_thread(served.ready, 2):
                sending.cancel()
                return True, None
            await asyncio.sleep(0.5)
        return False, sending.result()

    scaled, outcome = asyncio.run(under_load())

    assert scaled, outcome and outcome.as_json()
