"""Previews with the real CLI: plan-only ones need nothing and touch nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from headgate import engine
from headgate.engine import projects
from headgate.engine.scratch import SECRET, SIGNATURE
from headgate.errors import HeadgateError

from .conftest import STACK, Trial

pytestmark = pytest.mark.component


def planned(preview: engine.Preview) -> dict[str, str]:
    """Return name → operation of the custom resources of a preview."""
    steps = [event["resourcePreEvent"]["metadata"] for event in preview.events() if "resourcePreEvent" in event]
    return {step["urn"].rpartition("::")[2]: step["op"] for step in steps if step["type"].startswith("kubernetes:")}


def files(*roots: Path) -> dict[Path, bytes]:
    """Return every file under some directories."""
    return {path: path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()}


def test_plan_only_preview_touches_nothing(trial: Trial) -> None:
    """No back end is needed, no lock is taken, no file of the checkout or the state changes, nothing is created."""
    before = files(trial.project, trial.objects)

    with engine.preview(STACK, project=trial.project) as preview:
        steps, events_file = planned(preview), preview.events_file

    after = {path: data for path, data in files(trial.project, trial.objects).items() if "__pycache__" not in str(path)}
    assert steps == {"a": "create", "b": "create"}
    assert (after, trial.state.root.exists(), events_file.exists()) == (before, False, False)


def test_exported_state_is_planned_against(deployed: Trial, tmp_path: Path) -> None:
    """With an exported state, the plan has its updates and deletions, though its secrets can't be read."""
    deployed.want(a="2", c="1")
    checkpoint = json.loads(projects.stack_state(deployed.state, projects.read(deployed.project), STACK).read_text())
    exported = tmp_path / "exported.json"
    latest = checkpoint["checkpoint"]["latest"]
    latest["resources"][0].setdefault("outputs", {})["token"] = {SIGNATURE: SECRET, "ciphertext": "v1:other:key"}
    latest["secrets_providers"] = {"type": "azurekeyvault", "state": {"url": "azurekeyvault://nowhere"}}
    exported.write_text(json.dumps({"version": 3, "deployment": latest}))

    with engine.preview(STACK, project=deployed.project, exported_state=exported) as preview:
        steps = planned(preview)

    assert steps == {"a": "update", "b": "delete", "c": "create"}


def test_secret_of_a_key_vault_is_a_secret_without_the_vault(trial: Trial) -> None:
    """A stack whose secrets a key vault holds can be previewed without it: the value is unknown, and a secret."""
    (trial.project / "stacks" / f"Pulumi.{STACK}.yaml").write_text(
        "secretsprovider: azurekeyvault://nowhere.vault.azure.net/keys/pulumi\n"
        "encryptedkey: bm9wZQ==\n"
        "config:\n  headgate:token: {secure: AAA}\n  headgate:plain: text\n"
    )
    (trial.project / "infra" / "__main__.py").write_text(
        "import pulumi\n"
        "config = pulumi.Config()\n"
        "pulumi.export('token', config.require_secret('token'))\n"
        "pulumi.export('plain', config.require('plain'))\n"
    )

    with engine.preview(STACK, project=trial.project) as preview:
        outputs = [
            event["resOutputsEvent"]["metadata"]["new"]["outputs"]
            for event in preview.events()
            if "resOutputsEvent" in event
        ]

    assert outputs[-1] == {"token": {SIGNATURE: SECRET, "ciphertext": "[secret]"}, "plain": "text"}


TEAM = """
import pulumi
platform = pulumi.StackReference("organization/headgate/platform-sandbox")
pulumi.CustomResource("kubernetes:core/v1:ConfigMap", "t", {
    "metadata": {"namespace": "default", "name": "t"},
    "registry": platform.get_output("registry").apply(lambda known: known or "by settings"),
    "kubeconfig": platform.get_output("kubeconfig").apply(lambda known: known or "yet to come"),
})
"""


@pytest.mark.parametrize("deployed", [True, False])
def test_team_stack_is_planned_with_what_is_known_of_its_platform(trial: Trial, tmp_path: Path, deployed: bool) -> None:
    """Outputs of an exported platform arrive unless they are secret; a platform not given has none. Nothing fails."""
    (trial.project / "infra" / "__main__.py").write_text(TEAM)
    exported = tmp_path / "platform.json"
    urn = "urn:pulumi:platform-sandbox::headgate::pulumi:pulumi:Stack::headgate-platform-sandbox"
    outputs = {"registry": "x.azurecr.io", "kubeconfig": {SIGNATURE: SECRET, "ciphertext": "v1:other:key"}}
    root = {"urn": urn, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": outputs}
    exported.write_text(json.dumps({"version": 3, "deployment": {"resources": [root]}}))
    references = {"platform-sandbox": exported} if deployed else {}

    with engine.preview(STACK, project=trial.project, references=references) as preview:
        steps = [event["resourcePreEvent"]["metadata"] for event in preview.events() if "resourcePreEvent" in event]

    inputs = next(step["new"]["inputs"] for step in steps if step["urn"].endswith("::t"))
    del inputs["metadata"]
    assert inputs == {"registry": "x.azurecr.io" if deployed else "by settings", "kubeconfig": "yet to come"}


def test_failing_program_can_not_be_evaluated(trial: Trial) -> None:
    """A program that raises gives an error with exit code 2 and the program's message, not an empty plan."""
    (trial.project / "infra" / "__main__.py").write_text("raise ValueError('no such region')\n")

    with pytest.raises(HeadgateError) as caught, engine.preview(STACK, project=trial.project):
        pass

    assert int(caught.value.exit_code) == 2
    assert "ValueError: no such region" in str(caught.value.found)


def test_user_environment_does_not_reach_a_plan_only_preview(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """A back end, token or policy pack of the user's own is not used."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.nowhere.invalid")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-x")
    monkeypatch.setenv("PULUMI_OPTION_POLICY_PACK", "/nowhere")

    with engine.preview(STACK, project=trial.project) as preview:
        assert planned(preview) == {"a": "create", "b": "create"}


def test_live_preview_sees_what_is_deployed(deployed: Trial) -> None:
    """A preview that is not plan-only plans against the sandbox's own state."""
    with engine.preview(STACK, plan_only=False, project=deployed.project, state=deployed.state) as preview:
        steps = planned(preview)

    assert steps == {"a": "same", "b": "same"}


def test_env_makes_plain_pulumi_work(deployed: Trial) -> None:
    """After `eval "$(headgate env)"` the plain CLI reads and previews what `headgate up` deployed."""
    import shlex

    from headgate.engine.environment import child_environment, prepare

    exports = "".join(f"export {name}={shlex.quote(value)};" for name, value in prepare(deployed.state).items())
    shell = f"{exports} pulumi stack output --json -s {STACK}"

    answer = subprocess.run(
        ["/bin/sh", "-c", shell], cwd=deployed.project, env=child_environment({}), capture_output=True, text=True
    )

    assert (answer.returncode, json.loads(answer.stdout), answer.stderr) == (0, {"names": ["a", "b"]}, "")
