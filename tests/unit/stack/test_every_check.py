"""Whatever is wrong between settings: the error names the stack file and the line of the value to change."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from stack_folder import DIGEST

from headgate.errors import HeadgateError
from headgate.stack import StackError, list_stacks
from headgate.stack.together import validate_stacks

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
PLATFORM, TEAM, BASE = "Pulumi.platform-dev.yaml", "Pulumi.fraud-dev.yaml", "defaults/base.yaml"
SECOND_REGION = "      - name: uaecentral\n        network: 10.21.0.0/16\n"
CPU_POOL = "      cpu: {size: Standard_D8s_v5, min: 1, max: 4}"
MODELS = "    models:\n"
TWIN = (
    f"      - {{name: fraud-score, version: 1.0.0, digest: '{DIGEST}', runtime: {{image: a, digest: '{DIGEST}'}},"
    " replicas: {min: 1, max: 1}, resources: {cpu: 1, memory: 1Gi}}\n"
)


@dataclass(frozen=True)
class Fault:
    """One fault: what is edited, what the error says, and in which file and line it says so."""

    what: str
    file: str
    line: str
    edits: tuple[tuple[str, str, str], ...]


def region(text: str) -> tuple[str, str, str]:
    """Return the edit that adds to the platform's first region, or a second one after it."""
    return PLATFORM, "        network: 10.20.0.0/16\n", f"        network: 10.20.0.0/16\n{text}"


def pools(text: str) -> tuple[str, str, str]:
    """Return the edit that adds a pool to the defaults."""
    return BASE, CPU_POOL, f"{CPU_POOL}\n{text}"


def top(text: str) -> tuple[str, str, str]:
    """Return the edit that adds to the platform's own settings."""
    return PLATFORM, "    gateway:\n", f"{text}    gateway:\n"


def provisioned(text: str) -> tuple[str, str, str]:
    """Return the edit that has nodes made to measure."""
    return BASE, "    pools:\n", f"    autoprovisioning:\n{text}    pools:\n"


def escalation(*steps: str) -> tuple[str, str, str]:
    """Return the edit that gives the platform another chain of escalation."""
    lines = "".join(f"        - {step}\n" for step in steps)
    return top(f"    monitoring:\n      escalation:\n{lines}")


def asks(text: str) -> tuple[str, str, str]:
    """Return the edit that adds to what the model asks for."""
    replicas = "        replicas: {min: 1, max: 2}\n"
    return TEAM, replicas, f"{replicas}{text}"


def strategy(text: str) -> tuple[str, str, str]:
    """Return the edit that gives the model a strategy."""
    return asks(f"        strategy:\n{text}")


CANARY = "          canary: {steps: [{weight: 10}]}\n"
MEASURED = (
    "          canary:\n            steps: [{weight: 10, pause_seconds: 120}]\n"
    "            analysis:\n              success_rate: 0.99\n"
)
INDICATOR = (
    "        watch:\n          indicators:\n"
    "            - {{name: approved, metric: payments_approved_ratio, description: paid{}}}\n"
)
VARIANT = f"{{version: 2.0.0, digest: '{DIGEST}'}}"
CPU_NODES = "      cpu: {sizes: [Standard_D8s_v5], max_cpus: 8}\n"
LEAD = "      - {name: lead, after_minutes: 15, emails: [lead@example.com]}\n"
FAULTS = (
    Fault("the escalation chain has one step", BASE, "escalation:", ((BASE, LEAD, ""),)),
    Fault(
        "step `lead` tells nobody",
        BASE,
        "name: lead",
        ((BASE, LEAD, "      - {name: lead, after_minutes: 15}\n"),),
    ),
    Fault(
        "the escalation chain does not go on in time",
        BASE,
        "name: lead",
        ((BASE, LEAD, LEAD.replace("15", "0")),),
    ),
    Fault(
        "the team's name is not the stack's",
        TEAM,
        "name: vision",
        ((TEAM, "name: fraud\n", "name: vision\n"),),
    ),
    Fault("`platform` is no team", TEAM, "name: platform", ((TEAM, "name: fraud\n", "name: platform\n"),)),
    Fault(
        "the models can scale to more GPUs than the team's quota",
        TEAM,
        "gpus: 2",
        ((TEAM, "memory: 512Mi", "memory: 512Mi, gpus: 2"),),
    ),
    Fault("the minimum is above the maximum", TEAM, "min: 3", ((TEAM, "min: 1, max: 2", "min: 3, max: 2"),)),
    Fault(
        "the minimum is above the maximum",
        BASE,
        "cpu: {size: Standard_D8s_v5, min: 5",
        ((BASE, "Standard_D8s_v5, min: 1", "Standard_D8s_v5, min: 5"),),
    ),
    Fault(
        "region `uaenorth` is there twice",
        PLATFORM,
        "name: uaenorth  # again",
        (region("      - name: uaenorth  # again\n        network: 10.21.0.0/16\n"),),
    ),
    Fault(
        "the network of uaecentral has addresses of region uaenorth",
        PLATFORM,
        "network: 10.20.0.0/16  # again",
        (region("      - name: uaecentral\n        network: 10.20.0.0/16  # again\n"),),
    ),
    Fault(
        "the network of uaecentral has addresses of region uaenorth",
        PLATFORM,
        "network: 10.20.240.0/20  # a part",
        (region("      - name: uaecentral\n        network: 10.20.240.0/20  # a part\n"),),
    ),
    Fault(
        "the network of uaecentral has addresses of the clusters' services",
        PLATFORM,
        "network: 172.16.0.0/12",
        (region("      - name: uaecentral\n        network: 172.16.0.0/12\n"),),
    ),
    Fault(
        "confidential data may not be in westeurope",
        PLATFORM,
        "name: westeurope",
        ((BASE, "data_class: internal", "data_class: confidential"), (PLATFORM, "name: uaenorth", "name: westeurope")),
    ),
    Fault("every region is draining", PLATFORM, "state: draining", (region("        state: draining\n"),)),
    Fault(
        "a region of an active-active platform waits for another to fail",
        PLATFORM,
        "priority: 2",
        (top("    topology: active-active\n"), region("        priority: 2\n")),
    ),
    Fault(
        "two regions of an active-passive platform serve at once",
        PLATFORM,
        "priority: 1  # too",
        (
            top("    topology: active-passive\n"),
            region("        priority: 1\n" + SECOND_REGION + "        priority: 1  # too\n"),
        ),
    ),
    Fault(
        "the system pool can't be empty",
        BASE,
        "system: {size: Standard_D4s_v5, min: 0",
        ((BASE, "Standard_D4s_v5, min: 1", "Standard_D4s_v5, min: 0"),),
    ),
    Fault(
        "the GPUs of this machine can't be cut into slices",
        BASE,
        "partition: MIG1g",
        (pools("      gpu: {size: Standard_NC4as_T4_v3, min: 0, max: 1, partition: MIG1g}"),),
    ),
    Fault(
        "`boot` is the name of a pool that the platform makes itself",
        BASE,
        "boot: {",
        (pools("      more:\n        boot: {size: Standard_D8s_v5, min: 0, max: 1}"),),
    ),
    Fault(
        "nodes with GPUs that may have none",
        BASE,
        "max_gpus: 0",
        (
            provisioned(
                CPU_NODES + "      gpu: {sizes: [Standard_NC24ads_A100_v4], max_cpus: 8, max_gpus: 0}\n",
            ),
        ),
    ),
    Fault(
        "this machine has no GPU",
        BASE,
        "gpu: {size: Standard_D8s_v5",
        (pools("      gpu: {size: Standard_D8s_v5, min: 0, max: 1}"),),
    ),
    Fault(
        "this machine has GPUs that nothing here would use",
        BASE,
        "- Standard_NC24ads_A100_v4",
        (
            provisioned(
                "      cpu:\n        sizes:\n          - Standard_D8s_v5\n          - Standard_NC24ads_A100_v4\n"
                "        max_cpus: 8\n"
            ),
        ),
    ),
    Fault(
        "more successes than samples can never be reached",
        PLATFORM,
        "successes: 3",
        (top("    edge:\n      samples: 2\n      successes: 3\n"),),
    ),
    Fault(
        "Traffic Manager can't probe at this interval",
        PLATFORM,
        "probe_seconds: 20",
        (top("    edge:\n      kind: traffic-manager\n      probe_seconds: 20\n"),),
    ),
    Fault(
        "behind Front Door nobody reaches the gateways directly",
        PLATFORM,
        "clients:",
        (top("    edge:\n      kind: front-door\n      clients: [203.0.113.0/24]\n"),),
    ),
    Fault(
        "platform-dev does not carry restricted data",
        TEAM,
        "data_class: restricted",
        ((TEAM, "    owner:", "    data_class: restricted\n    owner:"),),
    ),
    Fault("platform-dev has no GPU pool", TEAM, "gpus: 1", ((TEAM, "memory: 512Mi", "memory: 512Mi, gpus: 1"),)),
    Fault(
        "step `lead` tells nobody",
        PLATFORM,
        "name: lead",
        (escalation("{name: on-call, emails: [a@example.com]}", "{name: lead, after_minutes: 5}"),),
    ),
    Fault(
        "the escalation chain does not go on in time",
        PLATFORM,
        "name: lead",
        (
            escalation(
                "{name: on-call, emails: [a@example.com]}",
                "{name: lead, after_minutes: 0, emails: [b@example.com]}",
            ),
        ),
    ),
    Fault(
        "the quiet hours are none, or all",
        PLATFORM,
        "end:",
        (
            top(
                "    monitoring:\n      quiet_hours:\n        time_zone: UTC\n        start: '18:00'\n"
                "        end: '18:00'\n"
            ),
        ),
    ),
    *(
        Fault(
            f"an Alertmanager has a receiver `{name}` already",
            PLATFORM,
            f"name: {name}",
            (
                escalation(
                    "{name: on-call, webhooks: ['https://a.example.com/']}",
                    f"{{name: {name}, after_minutes: 5, webhooks: ['https://b.example.com/']}}",
                ),
                (
                    PLATFORM,
                    "    monitoring:\n",
                    "    monitoring:\n      in_cluster:\n        dead_man: https://c.example.com/\n"
                    "        training: [{team: fraud, models: [a]}]\n",
                ),
            ),
        )
        for name in ("nobody", "dead-man", "ledger", "training-fraud")
    ),
    Fault(
        "model `fraud-score` needs one strategy",
        TEAM,
        "strategy:",
        (strategy(CANARY + "          bluegreen: {}\n"),),
    ),
    Fault(
        "a canary's shares must grow",
        TEAM,
        "steps:",
        (strategy("          canary:\n            steps: [{weight: 50}, {weight: 10}]\n"),),
    ),
    Fault(
        "versions A and B are told apart by a header or by a cookie",
        TEAM,
        "abtest:",
        (strategy(f"          abtest:\n            variant: {VARIANT}\n"),),
    ),
    Fault(
        "no request would ever be too slow",
        TEAM,
        "latency_ms: 10000",
        (strategy(MEASURED + "              latency_ms: 10000\n"),),
    ),
    Fault(
        "the canary is over before it can be aborted",
        TEAM,
        "interval_seconds: 90",
        (strategy(MEASURED + "              interval_seconds: 90\n"),),
    ),
    Fault(
        "the analysis looks back on too little to see anything",
        TEAM,
        "interval_seconds: 30",
        (strategy(MEASURED + "              interval_seconds: 30\n"),),
    ),
    Fault(
        "platform-dev measures nothing",
        TEAM,
        "analysis:",
        (strategy(MEASURED + "              failures: 0\n"), top("    cluster: {metrics: false}\n")),
    ),
    Fault("nothing would wake `fraud-score` up", TEAM, "min: 0", ((TEAM, "min: 1, max: 2", "min: 0, max: 2"),)),
    Fault(
        "platform-dev has no KEDA",
        TEAM,
        "scale_on_requests:",
        (asks("        scale_on_requests: {per_second: 20}\n"),),
    ),
    Fault(
        "platform-dev has no managed Prometheus",
        TEAM,
        "service_monitor:",
        (asks("        service_monitor: {}\n"), top("    cluster: {metrics: false}\n")),
    ),
    Fault(
        "the kept answers of `fraud-score` leave its pods no memory",
        TEAM,
        "megabytes: 4096",
        (asks("        response_cache: {seconds: 60, megabytes: 4096}\n"),),
    ),
    Fault(
        "flag `explain` is there twice",
        TEAM,
        "name: explain, text",
        (asks("        flags:\n          - {name: explain, boolean: true}\n          - {name: explain, text: no}\n"),),
    ),
    Fault(
        "flag `explain` needs one value",
        TEAM,
        "name: explain",
        (asks("        flags:\n          - {name: explain, boolean: true, number: 1}\n"),),
    ),
    Fault(
        "no value of `amount` would be possible",
        TEAM,
        "least: 9",
        (asks("        watch:\n          ranges:\n            - {feature: amount, least: 9, most: 9}\n"),),
    ),
    Fault(
        "range `amount` is there twice",
        TEAM,
        "least: 1",
        (
            asks(
                "        watch:\n          ranges:\n            - {feature: amount, least: 0, most: 9}\n"
                "            - {feature: amount, least: 1, most: 9}\n"
            ),
        ),
    ),
    Fault("indicator `approved` has no bound", TEAM, "name: approved", (asks(INDICATOR.format("")),)),
    Fault(
        "indicator `approved` is there twice",
        TEAM,
        "above: 2",
        (asks(INDICATOR.format(", below: 1") + INDICATOR.format(", above: 2").splitlines(True)[-1]),),
    ),
    Fault(
        "indicator `approved` is never well",
        TEAM,
        "below: 2",
        (asks(INDICATOR.format(", below: 2, above: 1")),),
    ),
    Fault(
        "indicator `approved` chooses by `namespace`, which is chosen already",
        TEAM,
        "namespace: team-vision",
        (asks(INDICATOR.format(", below: 1, labels: {namespace: team-vision}")),),
    ),
    Fault(
        "indicator `approved` chooses by `__name__`, which is chosen already",
        TEAM,
        "__name__: up",
        (asks(INDICATOR.format(", below: 1, labels: {__name__: up}")),),
    ),
    Fault("a pod of `fraud-score` would have no cpu", TEAM, "cpu: 0m", ((TEAM, "cpu: 500m", "cpu: 0m"),)),
    Fault("a pod of `fraud-score` would have no memory", TEAM, "0Gi", ((TEAM, "512Mi", "0Gi"),)),
    Fault(
        "the team's quota has no place for the fewest pods of `fraud-score`",
        TEAM,
        "cpu: 500000m",
        ((TEAM, "cpu: 500m", "cpu: 500000m"),),
    ),
    Fault(
        "the team's quota has no place for the fewest pods of `fraud-score`",
        TEAM,
        "min: 2, max: 2",
        ((TEAM, "512Mi", "40Gi"), (TEAM, "min: 1, max: 2", "min: 2, max: 2")),
    ),
    Fault(
        "the team's quota has no place for the fewest pods of `fraud-score`",
        TEAM,
        "min: 200, max: 200",
        ((TEAM, "cpu: 500m, memory: 512Mi", "cpu: 1m, memory: 1Mi"), (TEAM, "min: 1, max: 2", "min: 200, max: 200")),
    ),
    Fault("model `fraud-score` is there twice", TEAM, "      - name: fraud-score", ((TEAM, MODELS, MODELS + TWIN),)),
)


def errors(stacks: Any) -> list[HeadgateError]:
    """Validate everything; return what is wrong."""
    with pytest.raises(HeadgateError) as caught:
        validate_stacks(list_stacks(stacks.folder), stacks.folder)
    return caught.value.errors if isinstance(caught.value, StackError) else [caught.value]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_between_settings_is_told_at_its_line(stacks: Any, fault: Fault) -> None:
    """In the file that set the value, be it the stack's own or a default; with what to do."""
    for file, old, new in fault.edits:
        stacks.edit(file, old, new)
    lines = (stacks.folder / fault.file).read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if fault.line in text)

    found = {each.what: each for each in errors(stacks)}

    assert fault.what in found, list(found)
    assert found[fault.what].where == f"stacks/{fault.file}:{line}"
    assert all((found[fault.what].found, found[fault.what].expected, found[fault.what].fix))


def test_another_teams_model_is_told_at_its_line(stacks: Any) -> None:
    """In the stack that came second."""
    text = (stacks.folder / TEAM).read_text(encoding="utf-8")
    stacks.write("Pulumi.vision-dev.yaml", text.replace("name: fraud\n", "name: vision\n"))

    (error,) = errors(stacks)

    assert (error.what, error.where) == (
        "model `fraud-score` is another team's too",
        "stacks/Pulumi.vision-dev.yaml:7",
    )


def test_every_check_has_a_case() -> None:
    """Whatever is said about several settings is said in a test of this folder: here, or beside what it belongs to."""
    tested = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))

    assert [text for text in _sayings() if not re.search(_pattern(text), tested)] == []


def _sayings() -> list[str]:
    """Return the words of every finding in headgate/stack; `{}` stands for what is filled in."""
    found = []
    for path in sorted((ROOT / "headgate" / "stack").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                found += _words(node.args[1])
    return found


def _words(node: ast.expr) -> list[str]:
    """Return a text's words; both branches of a condition."""
    if isinstance(node, ast.IfExp):
        return [*_words(node.body), *_words(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)]
    return [str(node.value)] if isinstance(node, ast.Constant) else [ast.unparse(node)]


def _pattern(words: str) -> str:
    """Return what finds the words, filled in, in a test."""
    return r"[^\"\n]+".join(re.escape(part) for part in words.split("{}"))
