"""The stacks, schema and pages of this repository: valid, complete, and generated from the models."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from headgate.stack import StackName, list_stacks, region_catalogue
from headgate.stack.schema import reference_text, schema_text
from headgate.stack.template import stack_text
from headgate.stack.together import validate_stacks

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
STACKS = ROOT / "stacks"
FILES = sorted(STACKS.glob("Pulumi.*.yaml"))


def test_all_stacks_are_valid_together() -> None:
    """Each alone, each team against its platform, and all models of an environment against each other."""
    names = list_stacks(STACKS)

    assert [str(item.name) for item in validate_stacks(names, STACKS)] == [
        "platform-dev",
        "platform-prod",
        "platform-sandbox",
        "platform-staging",
        *(f"assistant-{environment}" for environment in ("dev", "prod", "staging")),
        *(f"fraud-{environment}" for environment in ("dev", "prod", "sandbox", "staging")),
        *(f"vision-{environment}" for environment in ("dev", "prod", "staging")),
    ]


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    """Return the committed schema, itself valid."""
    document = json.loads((STACKS / "stack.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_schema_accepts_every_stack_file(path: Path, schema: jsonschema.Draft202012Validator) -> None:
    """What loads is also what an editor calls valid."""
    schema.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_stack_file_points_editors_at_the_schema(path: Path) -> None:
    """The first line is the modeline of the YAML language server."""
    assert path.read_text(encoding="utf-8").splitlines()[0] == "# yaml-language-server: $schema=stack.schema.json"


def test_only_sandbox_stacks_carry_a_salt() -> None:
    """The sandbox's passphrase is public; a real stack's secrets provider is chosen when it is made."""
    assert {path.name for path in FILES if "encryptionsalt" in path.read_text(encoding="utf-8")} == {
        "Pulumi.platform-sandbox.yaml",
        "Pulumi.fraud-sandbox.yaml",
    }


def test_the_schema_refuses_an_unknown_key(schema: jsonschema.Draft202012Validator) -> None:
    """Editors underline what the loader refuses."""
    document = yaml.safe_load((STACKS / "Pulumi.fraud-prod.yaml").read_text(encoding="utf-8"))
    document["config"]["headgate:team"]["qota"] = {}

    with pytest.raises(jsonschema.ValidationError, match="qota"):
        schema.validate(document)


def test_the_committed_schema_is_the_models_own() -> None:
    """Regenerate with `headgate stack schema --write`."""
    assert (STACKS / "stack.schema.json").read_text(encoding="utf-8") == schema_text(STACKS)


def test_the_reference_page_is_the_models_own() -> None:
    """Regenerate with `headgate stack schema --format markdown --write`."""
    assert (ROOT / "docs/reference/stack.md").read_text(encoding="utf-8") == reference_text(STACKS)


def test_the_catalogue_of_regions_allows_what_the_rules_do() -> None:
    """Which data may be where: a stack that is valid is not refused for it by HG-RS-001."""
    parameters = yaml.safe_load((ROOT / "policies/parameters/base.yaml").read_text(encoding="utf-8"))
    by_the_rules = parameters["residency"]["regions"]
    catalogue = region_catalogue()

    assert by_the_rules == {
        kind: [name for name, region in catalogue.items() if kind in region.data_classes] for kind in by_the_rules
    }


def test_every_setting_is_described() -> None:
    """An editor can explain each key."""
    schema = json.loads(schema_text(STACKS))
    bare = [
        f"{name}.{key}"
        for name, definition in schema["$defs"].items()
        for key, field in definition.get("properties", {}).items()
        if not field.get("description")
    ]

    assert bare == []


@pytest.mark.parametrize("name", ["search-dev", "platform-staging"])
def test_a_new_stack_is_valid_as_it_is_written(tmp_path: Path, name: str) -> None:
    """`headgate stack new` starts from something that loads."""
    stacks = tmp_path / "stacks"
    (stacks / "defaults").mkdir(parents=True)
    for layer in (STACKS / "defaults").glob("*.yaml"):
        (stacks / "defaults" / layer.name).write_text(layer.read_text(encoding="utf-8"), encoding="utf-8")
    parsed = StackName.parse(name)
    (stacks / parsed.file_name).write_text(stack_text(parsed), encoding="utf-8")

    assert [str(item.name) for item in validate_stacks([parsed], stacks)] == [name]


def test_the_sandbox_serves_the_example_model_as_it_is_pushed() -> None:
    """The digest in the stack file is what `headgate model push` gives for examples/models/fraud-score."""
    from headgate.model import artifact
    from headgate.model.content import BytesContent, FileLayer
    from headgate.model.descriptor import IMAGE_CONFIG, Descriptor, digest_of
    from headgate.model.registry import canonical
    from headgate.model.source import read_source
    from headgate.stack import load_stack

    model = load_stack("fraud-sandbox", STACKS).team.models[0]
    source = read_source(ROOT / "examples/models/fraud-score")
    version = artifact.ModelVersion("fraud/fraud-score", model.version, source.framework, source.inputs, source.outputs)
    layers = [FileLayer(file, inside) for inside, file in source.files]
    config = BytesContent(artifact.image_config(version, layers))
    manifest = artifact.manifest(version, Descriptor(IMAGE_CONFIG, config.digest, config.size), layers)

    assert model.digest == digest_of(canonical(manifest))


def test_the_sandbox_names_its_images_by_the_digests_that_they_are_pushed_with() -> None:
    """Gateway, gate and runtime: what `make up` pushes is what the stack files name."""
    from importlib.metadata import version

    from headgate.model.images import program_image, runtime_image
    from headgate.sandbox.toolchain import TOOLS
    from headgate.stack import load_stack

    own = version("headgate")
    opa = next(tool.version for tool in TOOLS if tool.name == "opa")
    platform = load_stack("platform-sandbox", STACKS).platform
    runtime = load_stack("fraud-sandbox", STACKS).team.models[0].runtime

    assert {
        platform.gateway.image: platform.gateway.digest,
        **dict(platform.gate.images()),
        runtime.image: runtime.digest,
    } == {
        "runtimes/gateway": program_image("gateway", own).digest,
        "runtimes/opa": program_image("opa", opa).digest,
        "runtimes/gate-certificates": program_image("gate-certificates", own).digest,
        "runtimes/oip-server": runtime_image().digest,
    }
