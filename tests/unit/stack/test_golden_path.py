"""`headgate stack new --from …`: files that work at once."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from stack_folder import DIGEST, Stacks

from headgate.cli import stack_new
from headgate.cli.stack import stack
from headgate.errors import HeadgateError
from headgate.stack import StackName, list_stacks, load_stack
from headgate.stack.together import validate_stacks

pytestmark = pytest.mark.unit

MODEL = f"ranker:1.0.0@{DIGEST}"
ANSWERS = ["--owner", "search-team", "--cost-center", "search", "--data-class", "internal", "--model", MODEL]
GOLDEN = ["--from", "golden-path"]


def new(stacks: Stacks, *arguments: str, typed: str | None = None) -> Result:
    """Run the command."""
    whole = ["--stacks", str(stacks.folder), "new", *arguments]
    return CliRunner().invoke(stack, whole, standalone_mode=False, input=typed)


def refusal(stacks: Stacks, *arguments: str) -> HeadgateError:
    """Run the command; return its error, and see to it that nothing was written."""
    before = stacks.texts()
    error = new(stacks, *arguments).exception
    assert isinstance(error, HeadgateError), error
    assert stacks.texts() == before
    return error


def test_five_answers_make_a_stack_that_is_valid(stacks: Stacks) -> None:
    """Together with every other; what was not asked comes from the neighbours and the defaults."""
    result = new(stacks, "search-dev", *GOLDEN, *ANSWERS)
    team = load_stack("search-dev", stacks.folder).team

    assert result.output.endswith("next: headgate check --stack search-dev\n")
    assert validate_stacks(list_stacks(stacks.folder), stacks.folder)
    assert stacks.text("search-dev").startswith("# yaml-language-server: $schema=stack.schema.json\n")
    assert (team.name, team.owner, team.cost_center, str(team.data_class)) == (
        "search",
        "search-team",
        "search",
        "internal",
    )
    (model,) = team.models
    assert (model.name, model.version, model.digest) == ("ranker", "1.0.0", DIGEST)
    assert (model.runtime.image, model.runtime.digest) == ("runtimes/oip-server", DIGEST)
    assert (model.replicas.min, model.replicas.max) == (1, 2)


def test_answers_that_yaml_takes_for_something_else_are_quoted(stacks: Stacks) -> None:
    """A team, an owner, a cost centre and a model keep their names."""
    odd = ["--owner", "null", "--cost-center", "yes", "--data-class", "internal", "--model", f"true:1.0.0@{DIGEST}"]
    assert new(stacks, "no-dev", *GOLDEN, *odd).exception is None
    team = load_stack("no-dev", stacks.folder).team

    assert (team.name, team.owner, team.cost_center, team.models[0].name) == ("no", "null", "yes", "true")


def test_a_terminal_is_asked_and_asked_again(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is said and asked anew; the rest has a default."""
    monkeypatch.setattr(stack_new, "_is_terminal", lambda: True)
    typed = ["fraud-dev", "search-dev", "", "Not A Label", "search", "secret", "", "ranker:latest", MODEL]

    result = new(stacks, *GOLDEN, typed="\n".join(typed) + "\n")
    team = load_stack("search-dev", stacks.folder).team

    assert result.exception is None
    assert result.output.count("Error: ") == 4
    assert (team.owner, team.cost_center, str(team.data_class), team.models[0].name) == (
        "search",
        "search",
        "internal",
        "ranker",
    )


def test_without_a_terminal_missing_answers_are_named(stacks: Stacks) -> None:
    """Nobody waits for somebody who is not there."""
    error = refusal(stacks, "search-dev", *GOLDEN, "--owner", "search-team")

    assert (error.what, error.found) == (
        "the golden path needs five answers",
        "none for --cost-center, --data-class, --model",
    )


@pytest.mark.parametrize(
    ("name", "change", "what", "fix"),
    [
        (
            "search-prod",
            {},
            "the golden path begins in dev (or in the sandbox)",
            "begin with search-dev; later `headgate stack new search-prod --from search-staging`",
        ),
        ("platform-dev", {}, "the golden path is a team's", "headgate stack new platform-dev"),
        (
            "fraud-dev",
            {},
            "stack fraud-dev exists already",
            "edit it, or see it with `headgate stack explain fraud-dev`",
        ),
        (
            "search-dev",
            {"--owner": "Search Team"},
            "this answer does not fit",
            "rename it; it becomes a Kubernetes name and a label",
        ),
        (
            "search-dev",
            {"--data-class": "secret"},
            "this is no class of data",
            "choose the most sensitive data that the model sees",
        ),
        (
            "search-dev",
            {"--model": "ranker:1.0.0"},
            "this is no model by version and digest",
            "copy what `headgate model push` printed; `headgate model digest` tells the digest beforehand",
        ),
        (
            "search-dev",
            {"--model": "ranker:1.0.0@sha256:abc"},
            "this is no digest",
            "copy the digest that `headgate model push` or your image build printed; tags move, digests don't",
        ),
        (
            "search-dev",
            {"--model": f"fraud-score:1.0.0@{DIGEST}"},
            "model `fraud-score` is another team's too",
            "rename one of the two",
        ),
        (
            "search-dev",
            {"--data-class": "restricted"},
            "platform-dev does not carry restricted data",
            "lower the team's data_class, or have the platform's raised",
        ),
    ],
)
def test_an_answer_that_does_not_fit_writes_nothing(
    stacks: Stacks, name: str, change: dict[str, str], what: str, fix: str
) -> None:
    """Each with what to do, also where only the neighbours or the platform speak against it."""
    answers = dict(zip(ANSWERS[::2], ANSWERS[1::2], strict=True)) | change
    error = refusal(stacks, name, *GOLDEN, *(part for pair in answers.items() for part in pair))

    assert (error.what, error.fix) == (what, fix)


def test_a_runtime_must_be_known_or_named(stacks: Stacks) -> None:
    """Where no team serves a model yet, --runtime says what does."""
    (stacks.folder / "Pulumi.fraud-dev.yaml").unlink()

    error = refusal(stacks, "search-dev", *GOLDEN, *ANSWERS)
    new(stacks, "search-dev", *GOLDEN, *ANSWERS, "--runtime", f"runtimes/mine@{DIGEST}")

    assert error.fix == "add --runtime IMAGE@sha256:…"
    assert load_stack("search-dev", stacks.folder).team.models[0].runtime.image == "runtimes/mine"


def test_answers_belong_to_the_golden_path(stacks: Stacks) -> None:
    """Elsewhere they would be ignored, so they are refused."""
    result = new(stacks, "search-dev", "--owner", "search-team")

    assert "--owner goes with --from golden-path." in str(result.exception)


def test_a_copy_has_the_other_environment_s_replicas(stacks: Stacks) -> None:
    """And the release, the comments, the people; not the encryption of the source."""
    stacks.write("Pulumi.fraud-dev.yaml", "encryptionsalt: v1:abc\n# Ours.\n" + stacks.text("fraud-dev"))
    stacks.add("staging")
    (stacks.folder / "Pulumi.fraud-staging.yaml").unlink()

    new(stacks, "fraud-staging", "--from", "fraud-dev")

    assert stacks.text("fraud-staging") == stacks.text("fraud-dev").replace("encryptionsalt: v1:abc\n", "").replace(
        "{min: 1, max: 2}", "{min: 2, max: 4}"
    )


def test_a_copy_stays_within_the_quota_of_gpus(stacks: Stacks) -> None:
    """A model with GPUs scales no further than the environment's quota has GPUs."""
    stacks.edit("defaults/base.yaml", "cpu: {size: Standard_D8s_v5, min: 1, max: 4}", GPU_POOL)
    stacks.edit("Pulumi.fraud-dev.yaml", "memory: 512Mi", "memory: 512Mi, gpus: 1")
    stacks.add("staging")
    (stacks.folder / "Pulumi.fraud-staging.yaml").unlink()

    new(stacks, "fraud-staging", "--from", "fraud-dev")

    replicas = load_stack("fraud-staging", stacks.folder).team.models[0].replicas
    assert (replicas.min, replicas.max) == (2, 2)


GPU_POOL = """cpu: {size: Standard_D8s_v5, min: 1, max: 4}
      gpu: {size: Standard_NC24ads_A100_v4, min: 0, max: 1}"""


def test_a_copy_is_the_same_team_s(stacks: Stacks) -> None:
    """Another team's models are not ours; a platform is not copied."""
    told = [
        (error.what, error.fix)
        for error in (
            refusal(stacks, "search-dev", "--from", "fraud-dev"),
            refusal(stacks, "platform-staging", "--from", "platform-dev"),
        )
    ]

    assert told == [
        ("a stack is copied for the same team alone", "headgate stack new search-dev --from golden-path"),
        ("a stack is copied for the same team alone", "headgate stack new platform-staging"),
    ]


def test_a_copy_to_production_is_what_staging_proved(stacks: Stacks) -> None:
    """From dev it is refused: prod takes only digests that staging has."""
    stacks.add("staging")
    stacks.add("prod")
    (stacks.folder / "Pulumi.fraud-prod.yaml").unlink()
    stacks.edit("Pulumi.fraud-dev.yaml", f"digest: {DIGEST}", f"digest: sha256:{'c' * 64}")

    error = refusal(stacks, "fraud-prod", "--from", "fraud-dev")
    new(stacks, "fraud-prod", "--from", "fraud-staging")

    assert error.what == "`models[fraud-score].digest` is not proven in staging"
    assert StackName.parse("fraud-prod") in list_stacks(stacks.folder)


def test_printing_writes_nothing(stacks: Stacks) -> None:
    """The text is checked all the same."""
    before = stacks.texts()
    result = new(stacks, "search-dev", *GOLDEN, *ANSWERS, "--print")

    assert "    name: search\n" in result.output
    assert stacks.texts() == before
