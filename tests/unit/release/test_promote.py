"""Promoting: which change it is, that only it is made, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from stack_folder import DIGEST, TEAM, Stacks

from headgate.audit import Entry, record
from headgate.cli.deployments import record_deployment
from headgate.cli.main import cli
from headgate.engine.projects import Project, stack_state
from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.stack import list_stacks
from headgate.stack.together import validate_stacks

pytestmark = pytest.mark.unit

NEW = "sha256:" + "c" * 64
COMMENTED = TEAM.replace("replicas: {min: 1, max: 2}", "replicas: {min: 2, max: 8}  # as agreed").replace(
    "    cost_center", "    # who pays\n    cost_center"
)


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stacks:
    """Return a platform and a team in dev, staging and prod; dev has a newer model. Nothing else is known here."""
    monkeypatch.setenv("HEADGATE_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("HEADGATE_LEDGER", raising=False)
    found = Stacks(tmp_path / "stacks")
    for environment in ("staging", "prod"):
        found.add(environment)
        found.write(f"Pulumi.fraud-{environment}.yaml", COMMENTED)
    found.edit("Pulumi.fraud-dev.yaml", "version: 1.0.0", "version: 1.1.0")
    found.edit("Pulumi.fraud-dev.yaml", f"digest: {DIGEST}", f"digest: {NEW}")
    found.edit("Pulumi.fraud-dev.yaml", "memory: 512Mi", "memory: 1Gi")
    return found


def promote(stacks: Stacks, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(
        cli, ["release", "promote", *arguments, "--stacks", str(stacks.folder)], standalone_mode=False
    )


def refusal(stacks: Stacks, *arguments: str) -> HeadgateError:
    """Run the command; return its error, and see to it that no file changed."""
    before = stacks.texts()
    error = promote(stacks, *arguments).exception
    assert isinstance(error, HeadgateError)
    assert stacks.texts() == before
    return error


PROMOTED = (
    COMMENTED.replace("version: 1.0.0", "version: 1.1.0")
    .replace(f"        digest: {DIGEST}", f"        digest: {NEW}")
    .replace("memory: 512Mi", "memory: 1Gi")
)


def test_a_release_goes_into_the_next_file_and_nothing_else_changes(stacks: Stacks) -> None:
    """Version, digest and resources; comments stay, and replicas are the environment's own."""
    before = stacks.texts()
    result = promote(stacks, "fraud", "dev", "staging")

    assert result.exception is None
    assert stacks.texts() == {**before, "Pulumi.fraud-staging.yaml": PROMOTED}
    assert validate_stacks(list_stacks(stacks.folder), stacks.folder)


def test_a_second_promotion_has_nothing_to_do(stacks: Stacks) -> None:
    """The target has the release."""
    promote(stacks, "fraud", "dev", "staging")
    after = stacks.texts()

    result = promote(stacks, "fraud", "dev", "staging", "--check")

    assert (result.return_value, result.output, stacks.texts()) == (
        0,
        "fraud-staging has the release of fraud-dev: nothing to do\n",
        after,
    )


@pytest.mark.parametrize(("option", "code"), [("--dry-run", 0), ("--check", 1)])
def test_a_look_changes_no_file(stacks: Stacks, option: str, code: int) -> None:
    """Both print the change; --check tells by its exit code that there is one."""
    before = stacks.texts()
    result = promote(stacks, "fraud", "dev", "staging", option)

    assert (result.return_value, stacks.texts()) == (code, before)
    assert "\n-        version: 1.0.0\n" in result.output
    assert "\n+        version: 1.1.0\n" in result.output
    assert result.output.endswith("not written: stacks/Pulumi.fraud-staging.yaml\n")


def test_as_data_a_promotion_is_whole(stacks: Stacks) -> None:
    """Changes with both values, the diff, and whether it was written."""
    found = json.loads(promote(stacks, "fraud", "dev", "staging", "--json").output)

    assert found["diff"].splitlines()[:2] == [
        "--- a/stacks/Pulumi.fraud-staging.yaml",
        "+++ b/stacks/Pulumi.fraud-staging.yaml",
    ]
    del found["diff"]
    assert found == {
        "source": "fraud-dev",
        "target": "fraud-staging",
        "file": "stacks/Pulumi.fraud-staging.yaml",
        "changes": [
            {"path": "models[fraud-score].version", "action": "set", "before": "1.0.0", "after": "1.1.0"},
            {"path": "models[fraud-score].digest", "action": "set", "before": DIGEST, "after": NEW},
            {"path": "models[fraud-score].resources.memory", "action": "set", "before": "512Mi", "after": "1Gi"},
        ],
        "only_in_target": [],
        "proof": [],
        "written": True,
    }


def entry(name: str) -> str:
    """Return another model, as a file has it."""
    lines = TEAM[TEAM.index("      - name") :]
    return f"      # {name}, on trial\n" + lines.replace("fraud-score", name)


def test_a_new_model_comes_with_its_comments_and_others_wait(stacks: Stacks) -> None:
    """--only carries the entries that it names; the file keeps what the source does not have."""
    for environment, name in (("dev", "ranker"), ("staging", "legacy")):
        stacks.write(f"Pulumi.fraud-{environment}.yaml", stacks.text(f"fraud-{environment}") + entry(name))
    before = stacks.text("fraud-staging")

    result = promote(stacks, "fraud", "dev", "staging", "--only", "ranker")

    assert stacks.text("fraud-staging") == before + entry("ranker").partition("\n")[2]
    assert "kept" not in result.output
    result = promote(stacks, "fraud", "dev", "staging")
    assert "kept  models[legacy] is not in fraud-dev; --prune removes it\n" in result.output


def test_pruning_removes_what_the_source_has_no_longer(stacks: Stacks) -> None:
    """Its comment with it."""
    stacks.write("Pulumi.fraud-staging.yaml", stacks.text("fraud-staging") + entry("legacy"))

    promote(stacks, "fraud", "dev", "staging", "--prune")

    assert stacks.text("fraud-staging") == PROMOTED


def test_what_a_default_sets_is_written_where_it_must_differ(stacks: Stacks) -> None:
    """A platform's image that dev alone overrides becomes an override of staging; its host stays."""
    stacks.edit("Pulumi.platform-dev.yaml", "host: models.example.com", f"host: dev.example.com\n      digest: {NEW}")

    promote(stacks, "platform", "dev", "staging")

    assert stacks.text("platform-staging").endswith(
        f"    gateway:\n      host: models.example.com\n      digest: {NEW}\n"
    )


def test_a_release_takes_each_step(stacks: Stacks) -> None:
    """Skipping staging, going back, and leaving the way are refused with the command that works."""
    told = [
        (error.what, error.fix)
        for error in (
            refusal(stacks, "fraud", "dev", "prod"),
            refusal(stacks, "fraud", "prod", "staging"),
            refusal(stacks, "fraud", "sandbox", "prod"),
        )
    ]

    assert told == [
        ("a release does not go from dev to prod", "headgate release promote fraud dev staging"),
        ("a release does not go from prod to staging", "headgate release promote fraud staging prod"),
        ("sandbox is not on the way of a release", "headgate release promote fraud dev staging"),
    ]


def test_mistakes_are_answered_with_what_to_do(stacks: Stacks) -> None:
    """Unknown environment, team and model, and a file that is not there yet."""
    (stacks.folder / "Pulumi.fraud-prod.yaml").unlink()
    told = [
        (error.what, error.fix)
        for error in (
            refusal(stacks, "fraud", "dev", "stagin"),
            refusal(stacks, "frau", "dev", "staging"),
            refusal(stacks, "fraud", "dev", "staging", "--only", "fraud-scor"),
            refusal(stacks, "fraud", "staging", "prod"),
        )
    ]

    assert told == [
        ("this is no stack name", "did you mean `fraud-staging`? see the names with `headgate stack list`"),
        ("stack frau-dev has no file", "did you mean `fraud-dev`? A new one: `headgate stack new frau-dev`"),
        ("neither stack has fraud-scor", "headgate stack diff fraud-dev fraud-staging --release"),
        ("fraud has no stack in prod yet", "headgate stack new fraud-prod --from fraud-staging"),
    ]


def test_a_result_that_would_not_be_valid_is_not_written(stacks: Stacks) -> None:
    """The loader's own error, with the line as it would be."""
    stacks.edit("Pulumi.fraud-dev.yaml", "memory: 1Gi", "memory: 1Gi, gpus: 1")
    stacks.write("defaults/staging.yaml", "team: {quota: {gpus: 1}}")

    error = refusal(stacks, "fraud", "dev", "staging")

    assert "the models can scale to more GPUs than the team's quota" in str(error)
    assert "stacks/Pulumi.fraud-staging.yaml:13" in str(error)


def deployed(stacks: Stacks, *digests: str, stack: str = "fraud-staging") -> str:
    """Record a deployment; return the ledger's folder."""
    ledger = stacks.folder.parent / "ledger"
    record(ledger, [Entry(kind="deployment", subject=stack, data={"digests": list(digests)})])
    return str(ledger)


def state(stacks: Stacks, digest: str, **more: Any) -> str:
    """Write a state of staging in which a digest is deployed; return the file."""
    urn = "urn:pulumi:fraud-staging::headgate::kubernetes:apps/v1:Deployment::d"
    resource = {"urn": urn, "type": "kubernetes:apps/v1:Deployment", "inputs": {"image": f"r/m@{digest}"}, **more}
    path = stacks.folder.parent / "state.json"
    path.write_text(json.dumps({"version": 3, "deployment": {"resources": [resource]}}))
    return str(path)


@pytest.mark.parametrize("option", [(), ("--dry-run",), ("--check",), ("--json",)])
def test_production_takes_nothing_of_which_nothing_is_known(stacks: Stacks, option: tuple[str, ...]) -> None:
    """The files agree, and nobody says what staging ran: refused, with what is not proven and how to prove it."""
    promote(stacks, "fraud", "dev", "staging")

    error = refusal(stacks, "fraud", "staging", "prod", *option)

    assert (int(error.exit_code), error.what, error.found) == (
        1,
        "not proven in fraud-staging: models[fraud-score].digest",
        f"nothing says what fraud-staging ran, so not of {NEW} either",
    )
    assert error.fix == (
        "name what says it: `pulumi stack export -s fraud-staging --file state.json`, then --state state.json; or "
        "--ledger with the deployments that `headgate up -s fraud-staging` recorded. If it never ran there: deploy it "
        "first"
    )


def test_staging_takes_what_dev_only_tries(stacks: Stacks) -> None:
    """Proof is asked for on the way to production alone."""
    assert promote(stacks, "fraud", "dev", "staging").return_value == 0


def test_production_takes_what_the_ledger_proves(stacks: Stacks) -> None:
    """The entry is named."""
    promote(stacks, "fraud", "dev", "staging")
    ledger = deployed(stacks, NEW)

    result = promote(stacks, "fraud", "staging", "prod", "--ledger", ledger, "--json")

    (proof,) = json.loads(result.output)["proof"]
    assert (proof["proof"], proof["digest"]) == ("proven", NEW)
    assert proof["place"].startswith(f"{ledger}, entry 0 of ")


def test_an_update_records_what_it_deployed(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry that `headgate up` leaves is proof enough; without a ledger there is none, and no error."""
    promote(stacks, "fraud", "dev", "staging")
    ledger, project = stacks.folder.parent / "ledger", Project(stacks.folder.parent, "headgate", stacks.folder)
    kept = stack_state(StateDir.from_environment(), project, "fraud-staging")
    kept.parent.mkdir(parents=True)
    deployment = json.loads(Path(state(stacks, NEW)).read_text())["deployment"]
    kept.write_text(json.dumps({"version": 3, "checkpoint": {"stack": "s", "latest": deployment}}))
    record_deployment("fraud-staging", project, {"create": 1})
    monkeypatch.setenv("HEADGATE_LEDGER", str(ledger))
    record_deployment("fraud-staging", project, {"create": 1})
    kept.unlink()

    result = promote(stacks, "fraud", "staging", "prod", "--json")

    (proof,) = json.loads(result.output)["proof"]
    assert (proof["proof"], proof["place"].partition(" of ")[0]) == ("proven", f"{ledger}, entry 0")


def test_production_refuses_what_the_evidence_speaks_against(stacks: Stacks) -> None:
    """Staging ran, but never this digest; what ran elsewhere proves nothing. A verdict, so exit code 1."""
    promote(stacks, "fraud", "dev", "staging")
    deployed(stacks, NEW, stack="fraud-dev")
    ledger = deployed(stacks, DIGEST)

    error = refusal(stacks, "fraud", "staging", "prod", "--ledger", ledger)

    assert (int(error.exit_code), error.what) == (1, "not deployed in fraud-staging: models[fraud-score].digest")


def test_a_state_is_evidence_unless_the_rollout_failed(stacks: Stacks) -> None:
    """A digest whose pods never became ready was not proven."""
    promote(stacks, "fraud", "dev", "staging")

    refused = refusal(stacks, "fraud", "staging", "prod", "--state", state(stacks, NEW, initErrors=["not ready"]))
    taken = promote(stacks, "fraud", "staging", "prod", "--state", state(stacks, NEW))

    assert int(refused.exit_code) == 1
    assert f"proven  models[fraud-score].digest sha256:cccccccccccc…: state {stacks.folder.parent}/state.json" in (
        taken.output
    )


def test_another_stack_s_state_is_no_evidence(stacks: Stacks) -> None:
    """It is refused rather than taken for silence."""
    promote(stacks, "fraud", "dev", "staging")
    path = Path(state(stacks, NEW))
    path.write_text(path.read_text().replace("fraud-staging", "fraud-dev"))

    assert refusal(stacks, "fraud", "staging", "prod", "--state", str(path)).what == "this is another stack's state"
