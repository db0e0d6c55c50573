"""Jobs, pipelines and language models in stack files: what is accepted, and what is refused with line and remedy."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from headgate.errors import HeadgateError
from headgate.stack import StackName, load_stack
from headgate.stack.places import DataUri, PrivateRange
from headgate.stack.timetable import Cron, TimeZone
from headgate.stack.together import validate_stacks

pytestmark = pytest.mark.unit

TEAM_FILE = "Pulumi.fraud-dev.yaml"
DIGEST = "sha256:" + "a" * 64
WORKLOADS = f"""\
    batch:
      - name: nightly
        model: fraud-score
        version: 1.0.0
        digest: {DIGEST}
        runtime: {{image: runtimes/oip-batch, digest: {DIGEST}}}
        source: abfss://inbox@data.dfs.core.windows.net/day
        target: https://data.example.com/out
        schedule: 30 2 * * 1-5
        time_zone: Asia/Dubai
        region: uaenorth
        resources: {{cpu: 1, memory: 1Gi}}
        shards: 4
        parallel: 2
        networks: [10.30.4.0/24]
    training:
      - name: retrain
        model: fraud-score
        trainer: {{image: runtimes/trainer, digest: {DIGEST}}}
        dataset: abfss://train@data.dfs.core.windows.net/
        triggers:
          schedule: 0 4 * * sun
          drift: {{above: 0.3}}
          data: {{path: "abfss://new@data.dfs.core.windows.net/", after_files: 10}}
        resources: {{cpu: 4, memory: 8Gi}}
    language_models:
      - name: helper-7b
        version: 1.0.0
        digest: {DIGEST}
        runtime: {{image: runtimes/language-model, digest: {DIGEST}}}
        replicas: {{min: 1, max: 2}}
        resources: {{cpu: 4, memory: 8Gi, gpus: 1}}
        spending: {{tokens_per_minute: 1000, tokens_per_month: 1000000}}
        safety: {{suite: basics, evaluation: {DIGEST}}}
        content_logging: {{contents: masked, days: 30}}
    edge:
      - model: fraud-score
        site: plant-a
        resources: {{cpu: 1, memory: 1Gi}}
"""
SITE = f"""\
    sites:
      - name: plant-a
        region: uaenorth
        agent_key: {"QUJD" * 20}
        host: models.plant-a.example.com
        source: {{url: https://git.example.com/sites, commit: {"0a" * 20}}}
"""
WHERE = "stacks/Pulumi.fraud-dev.yaml:{}"
# Text to replace, its replacement, and what must be told.
CASES: dict[str, tuple[str, str, tuple[str, str, str, str, str]]] = {
    "four fields": (
        "schedule: 30 2 * * 1-5",
        "schedule: 30 2 * *",
        (
            "`batch[0].schedule` does not fit",
            WHERE.format(21),
            "30 2 * *",
            "five fields, not 4",
            "write `minute hour day month weekday`, such as `30 2 * * *` for half past two each night",
        ),
    ),
    "Sunday as seven": (
        "30 2 * * 1-5",
        "30 2 * * 7",
        (
            "`batch[0].schedule` does not fit",
            WHERE.format(21),
            "30 2 * * 7",
            "a day of the week of 0 to 6, `*`, a range or a step, not `7`",
            "write `minute hour day month weekday`, such as `30 2 * * *` for half past two each night",
        ),
    ),
    "a zone that is none": (
        "time_zone: Asia/Dubai",
        "time_zone: Asia/Dubay",
        (
            "`batch[0].time_zone` does not fit",
            WHERE.format(22),
            "Asia/Dubay",
            "a time zone such as Asia/Dubai or Etc/UTC",
            "did you mean `Asia/Dubai`?",
        ),
    ),
    "a signature in a place of data": (
        "https://data.example.com/out",
        "https://data.example.com/out?sig=abc",
        (
            "`batch[0].target` does not fit",
            WHERE.format(20),
            "https://data.example.com/out?sig=abc",
            "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH or https://HOST/PATH",
            "leave keys, signatures and queries out: the job's identity opens it",
        ),
    ),
    "the internet as a network": (
        "networks: [10.30.4.0/24]",
        "networks: [0.0.0.0/0]",
        (
            "`batch[0].networks[0]` does not fit",
            WHERE.format(27),
            "0.0.0.0/0",
            "a private IPv4 range such as 10.30.4.0/24",
            "give the data a private endpoint, and write the range of its subnet",
        ),
    ),
    "more at once than shards": (
        "parallel: 2",
        "parallel: 5",
        (
            "there are fewer shards than pods at once",
            WHERE.format(26),
            "parallel 5, shards 4",
            "parallel no more than shards",
            "lower `parallel`, or raise `shards`",
        ),
    ),
    "a job named as a model": (
        "name: nightly",
        "name: fraud-score",
        (
            "batch job `fraud-score` has a name that is taken",
            WHERE.format(14),
            "fraud-score, also model 1 of the team",
            "each name once among models, language models, batch jobs and training pipelines",
            "rename it, such as `fraud-score-job`",
        ),
    ),
    "two pipelines of one name": (
        "name: retrain",
        "name: nightly",
        (
            "training pipeline `nightly` has a name that is taken",
            WHERE.format(29),
            "nightly, also batch job 1 of the team",
            "each name once among models, language models, batch jobs and training pipelines",
            "rename it, such as `nightly-pipeline`",
        ),
    ),
    **{
        f"a {section} called {name}": (
            f"{section}:\n      - name: {was}",
            f"{section}:\n      - name: {name}",
            (
                f"{kind} `{name}` has a name that is the namespace's own",
                WHERE.format(line),
                name,
                "another than allow-dns, allow-monitoring, default, default-deny, models, retraining-receiver",
                "rename it",
            ),
        )
        for section, kind, was, line, name in (
            ("batch", "batch job", "nightly", 14, "default"),
            ("training", "training pipeline", "retrain", 29, "models"),
            ("language_models", "language model", "helper-7b", 39, "default-deny"),
            ("language_models", "language model", "helper-7b", 39, "retraining-receiver"),
        )
    },
    "a model named as a part of another": (
        "language_models:\n      - name: helper-7b",
        "language_models:\n      - name: fraud-score-fallback",
        (
            "language model `fraud-score-fallback` has the name of a part of `fraud-score`",
            WHERE.format(39),
            "fraud-score-fallback, beside fraud-score",
            "no other model's name and -canary, -fallback, -grpc, -preview, -preview-grpc, -variant, -variant-grpc",
            "rename it: Services and ways of both would be one",
        ),
    ),
    "a pod with more memory than the quota": (
        "resources: {cpu: 4, memory: 8Gi}",
        "resources: {cpu: 4, memory: 17Gi}",
        (
            "the team's quota has no place for one pod of `retrain`",
            WHERE.format(37),
            "1 pod with memory 17Gi, within memory 16Gi",
            "no more than quota.memory (16Gi)",
            "lower what they ask for, or ask the platform owner to raise quota.memory",
        ),
    ),
    "a pod larger than the quota": (
        "resources: {cpu: 4, memory: 8Gi}",
        "resources: {cpu: 4, memory: 8Gi, gpus: 3}",
        (
            "`retrain` needs more GPUs than the team's quota",
            WHERE.format(37),
            "3 GPUs for one pod",
            "at most 2 (quota.gpus)",
            "lower resources.gpus, or ask the platform owner to raise quota.gpus",
        ),
    ),
    "a drift that no index reaches": (
        "above: 0.3",
        "above: 30",
        (
            "`training[0].triggers.drift.above` does not fit",
            WHERE.format(35),
            "30 (a number)",
            "less than or equal to 10",
            "correct it; what it means: Population stability index at which it fires.",
        ),
    ),
    "a stage for a candidate": (
        "        trainer: {",
        "        stage: production\n        trainer: {",
        (
            "unknown key `training[0].stage`",
            WHERE.format(31),
            "stage",
            "one of: dataset, deadline_minutes, model, name, networks, region, resources, retries, scratch, "
            "trainer, triggers",
            "did you mean `trainer`?",
        ),
    ),
    "a language model without an evaluation": (
        f"        safety: {{suite: basics, evaluation: {DIGEST}}}\n",
        "",
        (
            "`language_models[0].safety` is missing",
            WHERE.format(39),
            "nothing",
            "What it was tested for.",
            "add `safety:` here",
        ),
    ),
    "contents that nobody decided on": (
        "        content_logging: {contents: masked, days: 30}\n",
        "",
        (
            "`language_models[0].content_logging` is missing",
            WHERE.format(39),
            "nothing",
            "What may be kept of prompts and answers.",
            "add `content_logging:` here",
        ),
    ),
    "contents that are kept for ever": (
        "content_logging: {contents: masked, days: 30}",
        "content_logging: {contents: masked}",
        (
            "what is kept of prompts and answers has a last day, and what is not kept has none",
            WHERE.format(47),
            "contents masked, days 0",
            "`days` of at least 1 with `masked` or `whole`, and none with `none`",
            "write both as they were decided",
        ),
    ),
    "language models over the quota": (
        "replicas: {min: 1, max: 2}\n        resources: {cpu: 4, memory: 8Gi, gpus: 1}",
        "replicas: {min: 1, max: 3}\n        resources: {cpu: 4, memory: 8Gi, gpus: 1}",
        (
            "the models can scale to more GPUs than the team's quota",
            WHERE.format(44),
            "3 GPUs: helper-7b adds 1 x 3 replicas",
            "at most 2 (quota.gpus)",
            "lower replicas.max or resources.gpus, or ask the platform owner to raise quota.gpus",
        ),
    ),
    "bounds of a language model": (
        "replicas: {min: 1, max: 2}\n        resources: {cpu: 4, memory: 8Gi",
        "replicas: {min: 2, max: 1}\n        resources: {cpu: 1, memory: 1Gi",
        ("the minimum is above the maximum", WHERE.format(43), "min 2, max 1", "min ≤ max", "swap them"),
    ),
    "a request longer than a pod": (
        "        spending:",
        "        tokens_in_flight: 4096\n        spending:",
        (
            "one long request would be more than a pod may take",
            WHERE.format(45),
            "tokens_in_flight 4096, context_tokens 8192",
            "tokens_in_flight no less than context_tokens",
            "raise `tokens_in_flight`, or lower `context_tokens`",
        ),
    ),
    "a month below its minute": (
        "tokens_per_month: 1000000",
        "tokens_per_month: 10",
        (
            "the month's limit is below the minute's",
            WHERE.format(45),
            "1000 a minute, 10 a month",
            "tokens_per_minute no more than tokens_per_month",
            "swap them, or correct one",
        ),
    ),
}


EDGE_CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a model that the team has not": (
        "      - model: fraud-score",
        "      - model: fraud-skore",
        ("the team has no model `fraud-skore`", WHERE.format(49), "fraud-skore", "one of fraud-score"),
    ),
    "a model there twice": (
        "        resources: {cpu: 1, memory: 1Gi}\n        END",
        "        resources: {cpu: 1, memory: 1Gi}\n      - model: fraud-score\n        site: plant-a\n"
        "        resources: {cpu: 1, memory: 1Gi}\n        END",
        ("model `fraud-score` is at `plant-a` twice", WHERE.format(53), "fraud-score at plant-a"),
    ),
    "a GPU at a site": (
        "        resources: {cpu: 1, memory: 1Gi}\n        END",
        "        resources: {cpu: 1, memory: 1Gi, gpus: 1}\n        END",
        ("sites have no GPU pool", WHERE.format(51), "1 GPUs for fraud-score", "gpus: 0"),
    ),
    "a site that the platform has not": (
        "        site: plant-a",
        "        site: plant-b",
        ("platform-dev has no site `plant-b`", WHERE.format(50), "plant-b", "one of plant-a (sites of platform-dev)"),
    ),
}
SITE_CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a key that was cut": (
        "agent_key: QUJD",
        "agent_key: QUJ",
        ("`sites[0].agent_key` does not fit", "stacks/Pulumi.platform-dev.yaml:11"),
    ),
    "a branch in place of a commit": (
        f"commit: {'0a' * 20}",
        "commit: main",
        ("`sites[0].source.commit` does not fit", "stacks/Pulumi.platform-dev.yaml:13", "main"),
    ),
    "a record elsewhere": (
        "        region: uaenorth\n        agent",
        "        region: westeurope\n        agent",
        (
            "the record of site `plant-a` would be where the platform is not",
            "stacks/Pulumi.platform-dev.yaml:10",
            "westeurope",
            "one of uaenorth",
        ),
    ),
}


def told(error: HeadgateError) -> tuple[Any, ...]:
    """Return what a person reads."""
    return (error.what, error.where, error.found, error.expected, error.fix)


@pytest.mark.parametrize("case", EDGE_CASES)
def test_a_fault_at_the_edge_is_told(workloads: Any, case: str) -> None:
    """A model at a site is one of the team's, once, at a site of the platform's."""
    workloads.edit(TEAM_FILE, "gpus: 1}\n        spending", "gpus: 0}\n        spending")
    old, new, expected = EDGE_CASES[case]
    path = workloads.folder / TEAM_FILE
    path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n        END", encoding="utf-8")
    workloads.edit(TEAM_FILE, old, new)
    workloads.edit(TEAM_FILE, "\n        END", "\n")

    with pytest.raises(HeadgateError) as caught:
        validate_stacks([StackName.parse("fraud-dev")], workloads.folder)

    assert told(caught.value)[: len(expected)] == expected


@pytest.mark.parametrize("case", SITE_CASES)
def test_a_fault_of_a_site_is_told(workloads: Any, case: str) -> None:
    """A site is what its record says, and follows one commit."""
    old, new, expected = SITE_CASES[case]
    workloads.edit("Pulumi.platform-dev.yaml", old, new)

    with pytest.raises(HeadgateError) as caught:
        load_stack("platform-dev", workloads.folder)

    assert told(caught.value)[: len(expected)] == expected


@pytest.fixture
def workloads(stacks: Any) -> Any:
    """Return the folder, with one of each in the team's file."""
    path = stacks.folder / TEAM_FILE
    path.write_text(path.read_text(encoding="utf-8") + WORKLOADS, encoding="utf-8")
    platform = stacks.folder / "Pulumi.platform-dev.yaml"
    platform.write_text(platform.read_text(encoding="utf-8") + SITE, encoding="utf-8")
    return stacks


def test_one_of_each_is_accepted(workloads: Any) -> None:
    """What the file says and what is left to its default."""
    team = load_stack("fraud-dev", workloads.folder).team
    job, pipeline, model = team.batch[0], team.training[0], team.language_models[0]

    assert (job.schedule, job.time_zone, job.region, job.shards, job.parallel) == (
        "30 2 * * 1-5",
        "Asia/Dubai",
        "uaenorth",
        4,
        2,
    )
    assert (job.deadline_minutes, job.retries) == (360, 3)
    assert pipeline.triggers.drift is not None
    assert (pipeline.triggers.drift.alert, pipeline.triggers.drift.above) == ("ModelFeatureDrift", 0.3)
    assert (pipeline.scratch, pipeline.region, pipeline.retries) == ("20Gi", None, 1)
    assert (model.context_tokens, model.tokens_in_flight) == (8192, 16384)
    assert (model.objectives.time_to_first_token_ms, model.objectives.tokens_per_second) == (1000, 20)


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_told_with_its_line_and_its_remedy(workloads: Any, case: str) -> None:
    """Each validator: exactly one error, whole."""
    old, new, expected = CASES[case]
    workloads.edit(TEAM_FILE, old, new)

    with pytest.raises(HeadgateError) as caught:
        load_stack("fraud-dev", workloads.folder)

    error = caught.value
    assert (error.what, error.where, error.found, error.expected, error.fix) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "region: uaenorth",
            "region: westeurope",
            ("platform-dev does not serve in westeurope", WHERE.format(23), "westeurope", "one of uaenorth"),
        ),
        (
            "resources: {cpu: 1, memory: 1Gi}\n        shards",
            "resources: {cpu: 1, memory: 1Gi, gpus: 1}\n        shards",
            ("platform-dev has no GPU pool", WHERE.format(24), "1 GPUs for nightly"),
        ),
    ],
)
def test_what_the_platform_does_not_have_is_refused(
    workloads: Any, old: str, new: str, expected: tuple[str, ...]
) -> None:
    """Regions and GPUs are looked up in the platform's own stack."""
    workloads.edit(TEAM_FILE, "gpus: 1}\n        spending", "gpus: 0}\n        spending")
    workloads.edit(TEAM_FILE, old, new)

    with pytest.raises(HeadgateError) as caught:
        validate_stacks([StackName.parse("fraud-dev")], workloads.folder)

    error = caught.value
    assert (error.what, error.where, error.found, error.expected)[: len(expected)] == expected


def test_a_language_models_name_is_one_in_the_environment(workloads: Any) -> None:
    """Its paths are on the same gateway as every model's."""
    other = (workloads.folder / TEAM_FILE).read_text(encoding="utf-8").replace("name: fraud\n", "name: vision\n")
    other = other.replace("name: fraud-score", "name: other-score", 1).partition("    edge:")[0]
    workloads.write("Pulumi.vision-dev.yaml", other)
    for file in (TEAM_FILE, "Pulumi.vision-dev.yaml"):
        workloads.edit(file, "gpus: 1}\n        spending", "gpus: 0}\n        spending")

    with pytest.raises(HeadgateError) as caught:
        validate_stacks([StackName.parse("fraud-dev"), StackName.parse("vision-dev")], workloads.folder)

    assert (caught.value.what, caught.value.where) == (
        "model `helper-7b` is another team's too",
        "stacks/Pulumi.vision-dev.yaml:39",
    )


@pytest.mark.parametrize(
    ("kind", "text", "fits"),
    [
        (Cron, "*/15 0-6,22 1 jan-mar mon", True),
        (Cron, "0 24 * * *", False),
        (Cron, "0 6-4 * * *", False),
        (Cron, "0/0 * * * *", False),
        (Cron, "@daily", False),
        (Cron, "٣ * * * *", False),
        (TimeZone, "Etc/UTC", True),
        (TimeZone, "+04:00", False),
        (DataUri, "abfss://data@account1.dfs.core.windows.net", True),
        (DataUri, "https://user:word@data.example.com/", False),
        (DataUri, "http://data.example.com/", False),
        (DataUri, "abfss://data@evil.example.com/", False),
        (PrivateRange, "192.168.0.0/16", True),
        (PrivateRange, "10.0.0.1/8", False),
        (PrivateRange, "fd00::/8", False),
    ],
)
def test_values_are_held_to_what_the_cluster_takes(kind: Any, text: str, fits: bool) -> None:
    """What is written is what will be read, and nothing that carries a secret or leads outside."""
    adapter = TypeAdapter[str](kind)
    if fits:
        assert adapter.validate_python(text) == text
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)
