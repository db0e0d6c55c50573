"""A waiver from asking to its end, as a team, an approver and the gates see it."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from headgate.cli.check import check
from headgate.cli.waiver import waiver
from headgate.errors import HeadgateError
from headgate.gate.update.session import Session
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.decision import Outcome
from headgate.policy.server import OpaServer
from headgate.waiver.force import in_force

pytestmark = pytest.mark.component

ROOT_POD = """
apiVersion: v1
kind: Pod
metadata: {name: score-vendor, namespace: fraud}
spec:
  containers:
    - name: vendor
      image: docker.io/vendor/score:1.0.0
"""
SLOW_MODEL = """
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: score-cards
  namespace: fraud
  labels: {headgate.dev/model: cards}
  annotations: {headgate.dev/latency-objective-ms: "250"}
"""
ASKED = ("HG-SC-002", "--stack", "fraud-prod", "--resource", "score-*", "--namespace", "fraud")
CHECK = ("--manifests", "pod.yaml", "--environment", "prod", "--only", "HG-SC-002")
WHY = ("--reason", "the vendor has no digests", "--ticket", "FR-12", "--by", "omar")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a project with a team's stack folder, the rules, and an approver's key."""
    shutil.copytree(CHECKOUT / "policies", tmp_path / "policies")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: headgate\nruntime: python\n")
    (tmp_path / "pod.yaml").write_text(ROOT_POD)
    (tmp_path / "passphrase").write_text("correct horse battery\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADGATE_KEY_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("HEADGATE_POLICIES", str(tmp_path / "policies"))
    made = call("key", "amina.h", "--out", "key.pem")
    entry = yaml.safe_load(made.output.split("under approvers:\n")[1])
    path = tmp_path / "policies" / "approvers.yaml"
    path.write_text(yaml.safe_dump({"approvers": entry, "waivers": ["security"]}))
    return tmp_path


def call(*arguments: str) -> Result:
    """Run `headgate waiver`."""
    done = CliRunner().invoke(waiver, arguments, standalone_mode=False)
    if done.exception:
        raise done.exception
    return done


def judged(arguments: tuple[str, ...] = CHECK) -> tuple[int, dict[str, str], list[str]]:
    """Run `headgate check`: exit code, outcome by rule, and what became of the waivers."""
    done = CliRunner().invoke(check, [*arguments, "--json"], standalone_mode=False)
    if done.exception:
        raise done.exception
    report = json.loads(done.stdout)
    outcomes = {each["rule"]: each["outcome"] for each in report["results"]}
    return done.return_value, outcomes, [each["became"] for each in report["waivers"]]


def test_a_waiver_counts_from_its_signature_to_its_end(project: Path) -> None:
    """Asked for: nothing changes. Signed: let through, and told. Ended: refused again."""
    assert judged()[:2] == (1, {"HG-SC-002": "fail"})
    call("new", *ASKED, *WHY, "--gates", "P,U,A")
    assert judged() == (1, {"HG-SC-002": "fail"}, ["nobody signed it"])
    call("sign", "hg-sc-002-1", "--as", "amina.h", "--key", "key.pem", "--yes")
    assert judged() == (0, {"HG-SC-002": "waived"}, ["used"])
    console = CliRunner().invoke(check, CHECK)
    assert "waived HG-SC-002 for score-vendor until" in console.output
    call("expire", "hg-sc-002-1")
    assert judged()[:2] == (1, {"HG-SC-002": "fail"})
    (listed,) = json.loads(call("list", "--json").output)
    assert (listed["counts"], listed["problem"][:16]) == (False, "it was ended on ")


def test_a_waiver_in_its_own_favour_does_not_count(project: Path) -> None:
    """What a pull request writes by itself, or widens after it was signed, changes nothing."""
    call("new", *ASKED, *WHY)
    call("sign", "hg-sc-002-1", "--as", "amina.h", "--key", "key.pem", "--yes")
    path = project / "stacks/waivers/fraud.yaml"
    path.write_text(path.read_text().replace("FR-12", "FR-13"))
    assert judged()[:2] == (1, {"HG-SC-002": "fail"})
    (listed,) = json.loads(call("list", "--json").output)
    assert "it was changed after it was signed" in listed["problem"]


def test_the_update_gate_knows_the_same_waivers_by_their_stack(project: Path) -> None:
    """Of the stack that it is for, and of no other."""
    call("new", *ASKED, *WHY)
    call("sign", "hg-sc-002-1", "--as", "amina.h", "--key", "key.pem", "--yes")
    found = at_update(project, "HG-SC-002", "kubernetes:core/v1:Pod", ROOT_POD, "fraud-prod", "fraud-staging")
    assert found == {"fraud-prod": Outcome.WAIVED, "fraud-staging": Outcome.FAIL}


def at_update(project: Path, rule: str, token: str, text: str, *stacks: str) -> dict[str, Outcome]:
    """Return what the update gate makes of an object in each stack, by one rule."""
    bundle, _ = in_force(Bundle.find(), project / "stacks")
    inputs = yaml.safe_load(text)
    found = {}
    with OpaServer(bundle) as opa:
        for stack in stacks:
            session = Session(bundle, opa.ask, None, stack)
            urn = f"urn:pulumi:{stack}::headgate::{token}::{inputs['metadata']['name']}"
            decision = session.judge(urn, token, inputs, protect=False, parent="")
            found[stack] = next(each.outcome for each in decision.results if each.rule.id == rule)
    return found


def test_a_model_that_answers_later_is_borne_as_long_as_its_waiver_counts(project: Path) -> None:
    """HG-SV-005: of the model that is named, in the stack that is named, at the pull request and the update."""
    (project / "model.yaml").write_text(SLOW_MODEL)
    parameters = project / "policies" / "parameters" / "base.yaml"
    # It warns as it is committed: here it stops.
    parameters.write_text(parameters.read_text().replace("HG-SV-005: warn", "HG-SV-005: deny"))
    only = ("--manifests", "model.yaml", "--environment", "prod", "--only", "HG-SV-005")
    token, stacks = "kubernetes:argoproj.io/v1alpha1:Rollout", ("fraud-prod", "vision-prod")
    before = judged(only), at_update(project, "HG-SV-005", token, SLOW_MODEL, *stacks)
    why = ("--reason", "the cards model answers in 250 ms until it is distilled", "--ticket", "FR-31", "--by", "omar")
    call("new", "HG-SV-005", *ASKED[1:], *why)
    call("sign", "hg-sv-005-1", "--as", "amina.h", "--key", "key.pem", "--yes")
    after = judged(only), at_update(project, "HG-SV-005", token, SLOW_MODEL, *stacks)
    call("expire", "hg-sv-005-1")

    assert before == ((1, {"HG-SV-005": "fail"}, []), dict.fromkeys(stacks, Outcome.FAIL))
    assert after == (
        (0, {"HG-SV-005": "waived"}, ["used"]),
        {"fraud-prod": Outcome.WAIVED, "vision-prod": Outcome.FAIL},
    )
    assert judged(only)[:2] == (1, {"HG-SV-005": "fail"})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("sign", "w", "--as", "amina.h", "--key", "key.pem", "--yes"), "there is no such waiver"),
        (("expire", "w"), "there is no such waiver"),
        (("new", "HG-SC-999", *ASKED[1:], *WHY), "this can't be waived"),
        (("new", *ASKED[:2], "vision", *ASKED[3:], *WHY), "this is no stack name"),
        (("key", "amina.h", "--out", "key.pem"), "the key can't be written"),
    ],
)
def test_what_can_not_be_done_is_told(project: Path, arguments: tuple[str, ...], expected: str) -> None:
    """And no file is written."""
    with pytest.raises(HeadgateError) as caught:
        call(*arguments)
    assert caught.value.what == expected
    assert not (project / "stacks" / "waivers").exists()


def test_a_signature_that_would_not_count_is_not_written(project: Path) -> None:
    """Of somebody who is no approver, or with a key that is not theirs."""
    call("new", *ASKED, *WHY)
    before = (project / "stacks/waivers/fraud.yaml").read_text()
    call("key", "omar", "--out", "omar.pem")
    for name, file in (("omar", "omar.pem"), ("amina.h", "omar.pem")):
        with pytest.raises(HeadgateError, match="this signature would not count"):
            call("sign", "hg-sc-002-1", "--as", name, "--key", file, "--yes")
    assert (project / "stacks/waivers/fraud.yaml").read_text() == before


def test_one_that_begins_later_is_signed_by_an_approver_too(project: Path) -> None:
    """Whether a signature will count is asked of its first day, and a stranger's will not."""
    call("new", *ASKED, *WHY)
    path = project / "stacks/waivers/fraud.yaml"
    later = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=2)
    path.write_text(re.sub(r"since: '[0-9-]+'", f"since: '{later}'", path.read_text()))
    call("key", "omar", "--out", "omar.pem")
    with pytest.raises(HeadgateError, match="this signature would not count"):
        call("sign", "hg-sc-002-1", "--as", "omar", "--key", "omar.pem", "--yes")
    call("sign", "hg-sc-002-1", "--as", "amina.h", "--key", "key.pem", "--yes")
    (listed,) = json.loads(call("list", "--json").output)
    assert listed["problem"] == f"its first day is {later}"
