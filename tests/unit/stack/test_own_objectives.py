"""A team's own objectives: OpenSLO files that its stack names, each fault with the file and line."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner
from monitored import REFUNDS
from stack_folder import Stacks

from components.monitoring.rule import document
from components.monitoring.slo.burn import ANY_RUNBOOK, burn_rules
from components.monitoring.slo.openslo import parse
from headgate.cli.stack import stack
from headgate.errors import HeadgateError
from headgate.stack import StackError, load_stack

pytestmark = pytest.mark.unit

FILE = "slo/refunds.yaml"


@pytest.fixture
def promising(stacks: Stacks) -> Stacks:
    """Return stacks whose team names one objective."""
    (stacks.folder / "slo").mkdir()
    stacks.write(FILE, REFUNDS)
    stacks.edit("Pulumi.fraud-dev.yaml", "    models:\n", f"    slo: [{FILE}]\n    models:\n")
    return stacks


def line_of(text: str) -> int:
    """Return the line of a text in the objective's file."""
    return next(number for number, line in enumerate(REFUNDS.splitlines(), 1) if text in line)


def test_a_stack_has_the_objectives_that_its_files_state(promising: Stacks) -> None:
    """As OpenSLO has them; a stack that names none has none."""
    assert load_stack("fraud-dev", promising.folder).objectives == (yaml.safe_load(REFUNDS),)
    promising.edit("Pulumi.fraud-dev.yaml", f"    slo: [{FILE}]\n", "")
    assert load_stack("fraud-dev", promising.folder).objectives == ()


@pytest.mark.parametrize(
    ("old", "new", "said", "at"),
    [
        ("kind: SLO", "kind: SLI", "kind: expected kind SLO, found SLI", "kind:"),
        ("isRolling: true", "isRolling: false", "expected one rolling window", "duration"),
        ("Occurrences", "Timeslices", "expected Occurrences, found Timeslices", "Occurrences"),
        ("targetPercent: 99", "targetPercent: 100", "expected a share between 0 and 100", "targetPercent"),
        ("counter: true", "counter: false", "counter: expected true", "counter:"),
        ("  service: refunds", "  service: refunds\n  alertPolicies: []", "not supported", "description:"),
        ("  name: fraud-refunds", "  name: refunds", "begins with its team", "name: fraud-refunds"),
        ('query: headgate_inference_requests_total{namespace="team-fraud",model="refunds"}',
         'query: headgate_inference_requests_total{namespace="team-vision"}',
         "counts what is measured in the team's namespace", 'model="refunds"}'),
        ("metadata:\n  name", "metadata:\n\tname", "a tab indents this line", "name: fraud-refunds"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(promising: Stacks, old: str, new: str, said: str, at: str) -> None:
    """Of the objective's own file, not of the stack's."""
    promising.edit(FILE, old, new)

    with pytest.raises(HeadgateError, match=said) as caught:
        load_stack("fraud-dev", promising.folder)

    assert caught.value.where == f"stacks/{FILE}:{line_of(at)}"
    assert caught.value.fix


def test_every_fault_of_every_file_is_told_at_once(promising: Stacks) -> None:
    """A file that is not there, and an objective that is there twice."""
    promising.write("slo/again.yaml", REFUNDS)
    promising.edit("Pulumi.fraud-dev.yaml", f"[{FILE}]", f"[{FILE}, slo/again.yaml, slo/gone.yaml]")

    with pytest.raises(StackError) as caught:
        load_stack("fraud-dev", promising.folder)

    assert [(error.what, error.where) for error in caught.value.errors] == [
        ("objective `fraud-refunds` is there twice", f"stacks/slo/again.yaml:{line_of('name: fraud-refunds')}"),
        ("this file can't be read", "stacks/slo/gone.yaml"),
    ]


def test_a_file_outside_the_folder_is_refused(promising: Stacks) -> None:
    """With the line of the stack's file that names it."""
    promising.edit("Pulumi.fraud-dev.yaml", FILE, "../secret.yaml")

    with pytest.raises(HeadgateError, match=r"a file of stacks/slo") as caught:
        load_stack("fraud-dev", promising.folder)

    assert str(caught.value.where).startswith("stacks/Pulumi.fraud-dev.yaml:")


def test_the_command_prints_the_rules(promising: Stacks) -> None:
    """As Prometheus reads them; a team can look before it deploys."""
    options = ["--owner", "fraud-models", "--runbooks", "https://x.test"]
    done = CliRunner().invoke(stack, ["--stacks", str(promising.folder), "slo", str(promising.folder / FILE), *options])
    group = burn_rules(parse(yaml.safe_load(REFUNDS)), "fraud-models", ANY_RUNBOOK)

    assert done.exit_code == 0
    assert json.loads(done.output) == document([group], "https://x.test")


def test_the_command_says_what_is_wrong_with_each_file(promising: Stacks) -> None:
    """Each with its line."""
    promising.write("slo/other.yaml", REFUNDS.replace("targetPercent: 99", "targetPercent: 0"))
    promising.edit(FILE, "duration: 4w", "duration: 1M")
    files = [str(promising.folder / name) for name in (FILE, "slo/other.yaml")]
    done = CliRunner().invoke(stack, ["--stacks", str(promising.folder), "slo", *files])

    assert isinstance(done.exception, StackError)
    assert [error.where for error in done.exception.errors] == [
        f"{files[0]}:{line_of('duration')}",
        f"{files[1]}:{line_of('targetPercent')}",
    ]
