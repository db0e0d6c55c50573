"""Every way in which a stack file can be wrong has an error that names file, line, fault and remedy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from headgate.cli.main import main
from headgate.errors import HeadgateError
from headgate.stack import StackError, load_stack
from headgate.stack.secret import Secret

pytestmark = pytest.mark.unit

TEAM_FILE = "Pulumi.fraud-dev.yaml"
PLATFORM_FILE = "Pulumi.platform-dev.yaml"
DIGEST = "sha256:" + "a" * 64
GUIDES = Path(__file__).resolve().parents[3] / "docs/guides"
# What the guides have people set.
TOLD = {
    name for page in GUIDES.glob("*.md") for name in re.findall(r"--secret headgate:(\w+)", page.read_text("utf-8"))
}

# file, what is replaced, by what, and the error's lines: what, where, found, expected (its beginning), fix.
CASES: dict[str, tuple[str, str, str, tuple[str, str, str, str, str]]] = {
    "unknown key": (
        TEAM_FILE,
        "    owner: fraud-models",
        "    owner: fraud-models\n    qota: {}",
        (
            "unknown key `qota`",
            "stacks/Pulumi.fraud-dev.yaml:5",
            "qota",
            "one of: batch, cost_center, data_class, edge, groups, language_models, managed, models, monthly_budget, "
            "name, owner, protect, quota, retraining_receiver, slo, training",
            "did you mean `quota`?",
        ),
    ),
    "a secret in the clear": (
        TEAM_FILE,
        "config:",
        "config:\n  headgate:registryReader: gate:geheim",
        (
            "`headgate:registryReader` is a secret, and stands here in the clear",
            "stacks/Pulumi.fraud-dev.yaml:2",
            "a value that is not encrypted",
            "`secure:` and what Pulumi has encrypted",
            "pulumi config set --secret headgate:registryReader …, and replace what was written here: others may have "
            "read it",
        ),
    ),
    "unknown key in a list": (
        TEAM_FILE,
        "        version: 1.0.0",
        "        version: 1.0.0\n        replica: 3",
        (
            "unknown key `models[0].replica`",
            "stacks/Pulumi.fraud-dev.yaml:9",
            "replica",
            "one of: availability_percent, digest, fallback, flags, grpc, latency_objective_ms, name, replicas, "
            "resources, response_cache, retraining, rollback, runtime, scale_on_requests, service_monitor, strategy, "
            "target_cpu_percent, version, watch",
            "did you mean `replicas`?",
        ),
    ),
    "unknown key of the namespace": (
        TEAM_FILE,
        "  headgate:team:",
        "  headgate:teem: {}\n  headgate:team:",
        (
            "unknown key `headgate:teem`",
            "stacks/Pulumi.fraud-dev.yaml:2",
            "headgate:teem",
            "one of: headgate:team, headgate:commit, headgate:change, headgate:registryReader, headgate:deadManToken, "
            "headgate:retrainingToken, headgate:ledgerSigningKey, headgate:ledgerToken, headgate:ledgerReadToken, "
            "headgate:ledgerCertificate, headgate:ledgerCertificateKey",
            "did you mean `headgate:team`?",
        ),
    ),
    "unknown key beside config": (
        TEAM_FILE,
        "config:",
        "confg: {}\nconfig:",
        (
            "unknown key `confg`",
            "stacks/Pulumi.fraud-dev.yaml:1",
            "confg",
            "one of: config, encryptionsalt, secretsprovider, encryptedkey, environment",
            "did you mean `config`?",
        ),
    ),
    "wrong type": (
        TEAM_FILE,
        "replicas: {min: 1, max: 2}",
        "replicas: {min: few, max: 2}",
        (
            "`models[0].replicas.min` does not fit",
            "stacks/Pulumi.fraud-dev.yaml:11",
            "few",
            "a whole number",
            "correct it; what it means: Fewest pods; 0 only with `scale_on_requests`.",
        ),
    ),
    "number where text belongs": (
        TEAM_FILE,
        "version: 1.0.0",
        "version: 1.0",
        (
            "`models[0].version` does not fit",
            "stacks/Pulumi.fraud-dev.yaml:8",
            "1.0 (a number)",
            'text: put it in quotes, "1.0"',
            "correct it; what it means: Version, for people; the digest decides what runs.",
        ),
    ),
    "missing field": (
        TEAM_FILE,
        "    owner: fraud-models\n",
        "",
        (
            "`owner` is missing",
            "stacks/Pulumi.fraud-dev.yaml:2",
            "nothing",
            "Person or group that answers for this stack; a label on everything.",
            "add `owner:` here",
        ),
    ),
    "missing team": (
        TEAM_FILE,
        "headgate:team:",
        "azure-native:team:",
        (
            "`headgate:team` is missing",
            "stacks/Pulumi.fraud-dev.yaml:1",
            "a stack file without its team",
            "`config:` with `headgate:team:`",
            "add it; `headgate stack new fraud-dev --print` shows how it looks",
        ),
    ),
    "another team's name": (
        TEAM_FILE,
        "name: fraud\n",
        "name: vision\n",
        (
            "the team's name is not the stack's",
            "stacks/Pulumi.fraud-dev.yaml:3",
            "vision in stack fraud-dev",
            "fraud",
            "write `name: fraud`, or rename the file",
        ),
    ),
    "duplicate model": (
        TEAM_FILE,
        "    models:\n",
        "    models:\n"
        f"      - {{name: fraud-score, version: 1.0.0, digest: '{DIGEST}',"
        f" runtime: {{image: a, digest: '{DIGEST}'}}, replicas: {{min: 1, max: 1}},"
        " resources: {cpu: 1, memory: 1Gi}}\n",
        (
            "model `fraud-score` is there twice",
            "stacks/Pulumi.fraud-dev.yaml:8",
            "fraud-score, also at position 1 of models",
            "each model once",
            "remove or rename one of the two",
        ),
    ),
    "region not in the catalogue": (
        PLATFORM_FILE,
        "name: uaenorth",
        "name: uaenord",
        (
            "`regions[0].name` does not fit",
            "stacks/Pulumi.platform-dev.yaml:4",
            "uaenord",
            "a region of headgate/stack/regions.yaml: uaenorth, uaecentral, westeurope, northeurope",
            "did you mean `uaenorth`?",
        ),
    ),
    "data in the wrong region": (
        PLATFORM_FILE,
        "name: uaenorth\n",
        "name: westeurope\n    data_class: restricted\n".replace("\n    data_class", "\n    #"),
        (
            "confidential data may not be in westeurope",
            "stacks/Pulumi.platform-dev.yaml:4",
            "data_class confidential, region westeurope",
            "in westeurope: public",
            "choose a region that allows this class (headgate/stack/regions.yaml), or correct data_class",
        ),
    ),
    "more GPUs than the quota": (
        TEAM_FILE,
        "memory: 512Mi}",
        "memory: 512Mi, gpus: 2}",
        (
            "the models can scale to more GPUs than the team's quota",
            "stacks/Pulumi.fraud-dev.yaml:12",
            "4 GPUs: fraud-score adds 2 x 2 replicas",
            "at most 2 (quota.gpus)",
            "lower replicas.max or resources.gpus, or ask the platform owner to raise quota.gpus",
        ),
    ),
    "malformed digest": (
        TEAM_FILE,
        f"        digest: {DIGEST}",
        "        digest: sha256:abc",
        (
            "`models[0].digest` does not fit",
            "stacks/Pulumi.fraud-dev.yaml:9",
            "sha256:abc",
            "`sha256:` and 64 hexadecimal digits in lower case",
            "copy the digest that `headgate model push` or your image build printed; tags move, digests don't",
        ),
    ),
    "duplicated YAML key": (
        TEAM_FILE,
        "    owner: fraud-models",
        "    owner: fraud-models\n    owner: others",
        (
            "key `owner` is written twice",
            "stacks/Pulumi.fraud-dev.yaml:5",
            "a second `owner`; the first is on line 4",
            "each key once",
            "remove one of the two",
        ),
    ),
    "tab": (
        TEAM_FILE,
        "    owner: fraud-models",
        "\towner: fraud-models",
        (
            "a tab indents this line",
            "stacks/Pulumi.fraud-dev.yaml:4",
            "a tab",
            "spaces: YAML forbids tabs there",
            "replace the tab with spaces",
        ),
    ),
    "anchor": (
        TEAM_FILE,
        "    owner: fraud-models",
        "    owner: &me fraud-models",
        (
            "stack files have no anchors or aliases",
            "stacks/Pulumi.fraud-dev.yaml:4",
            "&me",
            "each value written where it applies; shared values in stacks/defaults/",
            "write the value out, or move it to stacks/defaults/",
        ),
    ),
    "secret": (
        TEAM_FILE,
        "    owner: fraud-models",
        "    owner:\n      secure: v1:abc",
        (
            "`owner` is encrypted",
            "stacks/Pulumi.fraud-dev.yaml:4",
            "a secret",
            "a plain value: stack settings hold no secrets, those live in the vault",
            "pulumi config set --plaintext --path 'headgate:team.owner' VALUE",
        ),
    ),
    "bounds the wrong way round": (
        TEAM_FILE,
        "{min: 1, max: 2}",
        "{min: 3, max: 2}",
        (
            "the minimum is above the maximum",
            "stacks/Pulumi.fraud-dev.yaml:11",
            "min 3, max 2",
            "min ≤ max",
            "swap them",
        ),
    ),
    "network that is public": (
        PLATFORM_FILE,
        "10.20.0.0/16",
        "8.8.0.0/16",
        (
            "`regions[0].network` does not fit",
            "stacks/Pulumi.platform-dev.yaml:5",
            "8.8.0.0/16",
            "a private IPv4 range of /20 or larger, such as 10.20.0.0/16",
            "choose a range of 10/8, 172.16/12 or 192.168/16 that no peered network uses",
        ),
    ),
    "unknown key in the defaults": (
        "defaults/base.yaml",
        "team:",
        "teams:",
        (
            "unknown key `teams`",
            "stacks/defaults/base.yaml:33",
            "teams",
            "platform or team",
            "move it under one of the two",
        ),
    ),
}


def fields(error: HeadgateError) -> tuple[Any, ...]:
    """Return what a person reads."""
    return (error.what, error.where, error.found, error.expected, error.fix)


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_told_with_its_line_and_its_remedy(stacks: Any, case: str) -> None:
    """Each fault gives exactly one error, whole."""
    file, old, new, expected = CASES[case]
    if case == "data in the wrong region":
        stacks.edit("defaults/base.yaml", "data_class: internal", "data_class: confidential")
    stacks.edit(file, old, new)

    with pytest.raises(HeadgateError) as caught:
        load_stack("platform-dev" if file == PLATFORM_FILE else "fraud-dev", stacks.folder)

    assert fields(caught.value) == expected


@pytest.mark.parametrize("case", CASES)
def test_a_fault_reaches_the_terminal_whole(stacks: Any, capsys: pytest.CaptureFixture[str], case: str) -> None:
    """`headgate stack validate`: exit code 2, the five lines on stderr, nothing else."""
    file, old, new, (what, where, found, expected, fix) = CASES[case]
    if case == "data in the wrong region":
        stacks.edit("defaults/base.yaml", "data_class: internal", "data_class: confidential")
    stacks.edit(file, old, new)
    name = "platform-dev" if file == PLATFORM_FILE else "fraud-dev"

    with pytest.raises(SystemExit) as ended:
        main(["stack", "--stacks", str(stacks.folder), "validate", name])

    assert (ended.value.code, *capsys.readouterr()) == (
        2,
        "",
        f"error: {where}: {what}\n  found:    {found}\n  expected: {expected}\n  do:       {fix}\n",
    )


@pytest.mark.parametrize("name", sorted(TOLD | set(Secret)))
def test_a_secret_that_a_guide_has_people_set_is_no_fault(stacks: Any, name: str) -> None:
    """As `pulumi config set --secret` writes it."""
    stacks.edit(TEAM_FILE, "config:", f"config:\n  headgate:{name}:\n    secure: v1:b2xk:bmV3")

    assert load_stack("fraud-dev", stacks.folder).team.name == "fraud"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a\n- b\n"])
def test_a_file_without_settings_is_told_apart_from_a_wrong_one(stacks: Any, text: str) -> None:
    """An empty file, a comment or a list: the error says what the file should hold."""
    stacks.write(TEAM_FILE, text)

    with pytest.raises(HeadgateError) as caught:
        load_stack("fraud-dev", stacks.folder)

    assert (caught.value.what, caught.value.where) == (
        "this file holds no settings",
        "stacks/Pulumi.fraud-dev.yaml:1",
    )


def test_broken_yaml_names_the_line(stacks: Any) -> None:
    """A missing bracket is reported where the reader noticed it."""
    stacks.edit(TEAM_FILE, "{min: 1, max: 2}", "{min: 1, max: 2")

    with pytest.raises(HeadgateError) as caught:
        load_stack("fraud-dev", stacks.folder)

    assert (caught.value.what, caught.value.where) == ("this is not YAML", "stacks/Pulumi.fraud-dev.yaml:12")


def test_all_faults_are_told_at_once_in_the_order_of_the_file(stacks: Any) -> None:
    """Three faults need one run, not three."""
    stacks.edit(TEAM_FILE, "owner: fraud-models", "owner: Not A Label")
    stacks.edit(TEAM_FILE, "version: 1.0.0", "version: latest")
    stacks.edit(TEAM_FILE, "memory: 512Mi", "memory: lots")

    with pytest.raises(StackError) as caught:
        load_stack("fraud-dev", stacks.folder)

    assert [error.where for error in caught.value.errors] == [
        "stacks/Pulumi.fraud-dev.yaml:4",
        "stacks/Pulumi.fraud-dev.yaml:8",
        "stacks/Pulumi.fraud-dev.yaml:12",
    ]
    assert [row["where"] for row in caught.value.as_json()["errors"]] == [error.where for error in caught.value.errors]


def test_a_stack_without_a_file_names_the_nearest(stacks: Any) -> None:
    """A mistyped name is answered with the one that was probably meant."""
    with pytest.raises(HeadgateError) as caught:
        load_stack("fraut-dev", stacks.folder)

    assert fields(caught.value) == (
        "stack fraut-dev has no file",
        "stacks/Pulumi.fraut-dev.yaml",
        "no such file",
        "one of: platform-dev, fraud-dev",
        "did you mean `fraud-dev`? A new one: `headgate stack new fraut-dev`",
    )


@pytest.mark.parametrize("name", ["fraud", "fraud-production", "Fraud-dev", "fraud--dev", "-dev", ""])
def test_a_name_that_is_none_is_refused(stacks: Any, name: str) -> None:
    """Only <team>-<environment> and platform-<environment> are stack names."""
    with pytest.raises(HeadgateError) as caught:
        load_stack(name, stacks.folder)

    assert caught.value.what == "this is no stack name"
