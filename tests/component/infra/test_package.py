"""The components as a package under the real engine: its schema, and a program that knows nothing else of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.package import sorted_document
from headgate import engine
from headgate.engine.environment import child_environment, prepare
from headgate.engine.preview import preview
from headgate.engine.scratch import SANDBOX_SALT
from headgate.errors import HeadgateError
from headgate.plan.actions import DESTROY
from headgate.plan.opaque import UNKNOWN, unwrap
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import tool_path
from tests.component.azure.conftest import AzureProcess

pytestmark = pytest.mark.component

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples/package"


def test_the_engine_prints_the_committed_schema(tmp_path: Path) -> None:
    """`pulumi package get-schema ./components`: the same components, named types and descriptions."""
    environment = child_environment(prepare(StateDir(tmp_path / "state"), project=tmp_path), os.environ)
    done = subprocess.run(
        [tool_path("pulumi"), "package", "get-schema", str(ROOT / "components")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    committed = json.loads((ROOT / "components/schema.json").read_text())

    assert done.returncode == 0, done.stderr
    printed = sorted_document(json.loads(done.stdout))
    for part in ("name", "version", "types"):
        assert printed[part] == committed[part]
    # The engine leaves out what a component without outputs has nothing of.
    assert printed["resources"] == {
        token: {key: value for key, value in each.items() if value or key not in {"properties", "required"}}
        for token, each in committed["resources"].items()
    }


def planned() -> dict[str, dict[str, Any]]:
    """Preview the example without back end and credentials; return each resource's step by its name."""
    with preview("dev", project=EXAMPLE) as plan:
        steps = [event["resourcePreEvent"]["metadata"] for event in plan.events() if "resourcePreEvent" in event]
    return {step["urn"].rpartition("::")[2]: step for step in steps}


def test_two_components_are_made_across_the_boundary() -> None:
    """Children stand below their component, numbers are whole, and the second takes what the first gives."""
    steps = planned()
    registry = steps["registry-registry"]["new"]
    budget = steps["foundation-monthly-budget"]["new"]["inputs"]

    assert {steps[name]["type"] for name in ("foundation", "registry")} == {
        "headgate:index:PlatformFoundation",
        "headgate:index:ModelRegistry",
    }
    assert registry["parent"].endswith("::headgate:index:ModelRegistry::registry")
    assert registry["inputs"]["policies"]["retentionPolicy"] == {"days": 30, "status": "enabled"}
    # What the first component gives: a preview knows that it comes, an update knows what it is.
    assert unwrap(registry["inputs"]["resourceGroupName"]) == UNKNOWN
    assert sorted(budget["notifications"]) == ["above-100-percent", "above-80-percent"]


def copied(folder: Path, **changed: str) -> Path:
    """Copy the example, with a stack that may be deployed and texts of its program changed."""
    program = (EXAMPLE / "__main__.py").read_text()
    for before, after in changed.items():
        program = program.replace(before, after)
    folder.mkdir()
    (folder / "__main__.py").write_text(program)
    (folder / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {SANDBOX_SALT}\n")
    text = (EXAMPLE / "Pulumi.yaml").read_text().replace("../../components", str(ROOT / "components"))
    (folder / "Pulumi.yaml").write_text(text)
    return folder


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[AzureProcess]:
    """Return a running Azure in miniature, of a state directory of its own."""
    server = AzureProcess(StateDir(tmp_path / "s").ensure())
    server.start()
    yield server
    server.end()


def test_what_crosses_the_boundary_is_deployed_kept_and_destroyed(azure: AzureProcess, tmp_path: Path) -> None:
    """Everything is made, a second update has nothing to do, and nothing is left behind."""
    project = copied(tmp_path / "project")

    first = engine.up("dev", project=project, state=azure.state, arguments=("--skip-preview",))
    made = azure.client.own("GET", "/-/resources")["value"]
    second = engine.up("dev", project=project, state=azure.state, arguments=("--skip-preview",))
    engine.up("dev", project=project, state=azure.state, request=DESTROY)

    assert set(first.changes) == {"create"}
    assert second.changes == {"same": first.changes["create"]}
    assert made
    assert azure.client.own("GET", "/-/resources")["value"] == []


@pytest.mark.stress
def test_an_arg_by_another_name_is_told_with_its_own(tmp_path: Path) -> None:
    """The program learns which field of which component, in the schema's words."""
    project = copied(tmp_path / "project", **{'        "tenantId": ': '        "tenant": '})

    with pytest.raises(HeadgateError) as caught, preview("dev", project=project):
        pass

    assert "Unknown input 'tenant' on 'PlatformFoundation': did you mean 'tenantId'?" in str(caught.value)
