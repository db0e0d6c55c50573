"""The rules as a signed bundle in a real registry: what is judged by it, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from headgate.approver import register
from headgate.cli.main import cli, main
from headgate.gate.scope import collections
from headgate.policy import archive
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_rules_key

from .conftest import RunningRegistry

pytestmark = pytest.mark.component

POLICIES = CHECKOUT / "policies"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - {name: c, image: nginx}\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the key of a sandbox: private and public."""
    return ensure_rules_key(StateDir(tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="module")
def signed(keys: tuple[Path, Path]) -> bytes:
    """Return the checkout's rules, signed."""
    return archive.sign(archive.build(Bundle.find(POLICIES)), keys[0])


@pytest.fixture(autouse=True)
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Record in a ledger of the test, and hold no bundle from the shell."""
    monkeypatch.setenv("HEADGATE_LEDGER", str(tmp_path / "ledger"))
    monkeypatch.delenv("HEADGATE_RULES_BUNDLE", raising=False)
    monkeypatch.delenv("HEADGATE_RULES_KEY", raising=False)
    return


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int | str | None, str, str]:
    """Return exit code, output and error of a command."""
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def pushed(capsys: pytest.CaptureFixture[str], running: RunningRegistry, content: bytes, folder: Path) -> str:
    """Push a bundle, and return its reference by digest."""
    file = folder / "pushed.tar.gz"
    file.write_bytes(content)
    code, out, error = run(capsys, "policy", "bundle", "push", file, "--registry", running.login_server, "--tag", "t")
    assert code == 0, error
    return out.strip()


def members(content: bytes) -> dict[str, bytes]:
    """Return the files of a bundle by the names in the archive."""
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        return {each.name: packed.extractfile(each).read() for each in packed}  # type: ignore[union-attr]


def packed(files: list[tuple[str, bytes]]) -> bytes:
    """Return an archive of files, in this order."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as target:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            target.addfile(entry, io.BytesIO(content))
    return gzip.compress(out.getvalue(), mtime=0)


def test_equal_trees_build_equal_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither place nor time enters the bundle, and its revision is the digest that decisions carry."""
    shutil.copytree(POLICIES, tmp_path / "elsewhere")

    first = run(capsys, "policy", "bundle", "build", "--output", tmp_path / "a", "--json")[1]
    second = run(
        capsys, "policy", "bundle", "build", "--output", tmp_path / "b", "--policies", tmp_path / "elsewhere", "--json"
    )[1]

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads(first) | {"file": ""} == json.loads(second) | {"file": ""}
    assert json.loads(first)["revision"] == Bundle.find(POLICIES).digest


def test_a_sandbox_s_key_is_its_owner_s_alone(tmp_path: Path) -> None:
    """The private key has mode 0600 from its first byte, and stays the same."""
    state = StateDir(tmp_path / "state")
    private, public = ensure_rules_key(state)
    before = private.read_bytes(), public.read_bytes()

    assert ensure_rules_key(state) == (private, public)
    assert (private.read_bytes(), public.read_bytes()) == before
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert b"PRIVATE" not in before[1]


def test_a_change_is_judged_by_the_rules_of_a_pulled_bundle(
    tmp_path: Path,
    running: RunningRegistry,
    keys: tuple[Path, Path],
    signed: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The rules of the target branch decide, whatever the proposal's own tree says."""
    reference = pushed(capsys, running, signed, tmp_path)
    (tmp_path / "pod.yaml").write_text(POD)
    of = ("check", "--manifests", tmp_path / "pod.yaml", "--json")

    code, out, error = run(capsys, *of, "--bundle", reference, "--key", keys[1])
    own_code, own, _ = run(capsys, *of, "--policies", POLICIES)

    assert (code, own_code) == (1, 1), error
    assert json.loads(out) | {"time": ""} == json.loads(own) | {"time": ""}


def without_the_rule(policies: Path) -> None:
    """Take the rule away, with what belongs to it."""
    shutil.rmtree(policies / "rego" / "rules" / "supply_chain" / "allowed_registry")


def with_a_warning(policies: Path) -> None:
    """Have the rule warn."""
    file = policies / "parameters" / "prod.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "levels": {"HG-SC-001": "warn"}}))


def with_a_registry(policies: Path) -> None:
    """Allow one's own registry."""
    file = policies / "parameters" / "prod.yaml"
    parameters = yaml.safe_load(file.read_text())
    parameters["registries"]["images"].append("registry.example.com")
    file.write_text(yaml.safe_dump(parameters))


def with_a_waiver(policies: Path) -> None:
    """Make somebody an approver, and have them sign a waiver."""
    project = policies.parent

    def waiver(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["waiver", *arguments], standalone_mode=False, catch_exceptions=False)
        return done.output

    (project / "passphrase").write_text("correct horse battery\n")
    entry = waiver("key", "mallory", "--out", str(project / "key.pem")).split("under approvers:\n")[1]
    (policies / "approvers.yaml").write_text(
        yaml.safe_dump({"approvers": yaml.safe_load(entry), "waivers": ["security"]})
    )
    asked = ("HG-SC-001", "--stack", "fraud-prod", "--resource", "score", "--namespace", "fraud")
    waiver("new", *asked, "--reason", "it is ours", "--ticket", "FR-1", "--by", "omar")
    waiver("sign", "hg-sc-001-1", "--as", "mallory", "--key", str(project / "key.pem"), "--yes")


def test_a_change_in_its_own_favour_is_judged_by_the_target_branch_s_rules(
    tmp_path: Path,
    running: RunningRegistry,
    keys: tuple[Path, Path],
    signed: bytes,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rule, a level, a registry, an approver with a waiver: each helps in its own tree, all together nowhere else."""
    reference = pushed(capsys, running, signed, tmp_path)
    policies = tmp_path / "proposal" / "policies"
    (tmp_path / "proposal" / "stacks").mkdir(parents=True)
    (tmp_path / "proposal" / "Pulumi.yaml").write_text("name: headgate\nruntime: python\n")
    pod = POD.replace("{name: a}", "{name: score, namespace: fraud}").replace("nginx", "registry.example.com/nginx")
    (tmp_path / "proposal" / "pod.yaml").write_text(pod)
    monkeypatch.chdir(tmp_path / "proposal")
    monkeypatch.setenv("HEADGATE_POLICIES", str(policies))
    monkeypatch.setenv("HEADGATE_KEY_PASSPHRASE_FILE", str(tmp_path / "proposal" / "passphrase"))

    def judged(*by: object) -> str:
        code, out, error = run(capsys, "check", "--manifests", "pod.yaml", "--environment", "prod", "--json", *by)
        assert code == 1, error
        found = [each for each in json.loads(out)["results"] if each["rule"] == "HG-SC-001"]
        return f"{found[0]['outcome']}, {'stops' if found[0]['blocking'] else 'goes on'}" if found else "no finding"

    own = {}
    for weaken in (without_the_rule, with_a_warning, with_a_registry, with_a_waiver):
        shutil.rmtree(policies, ignore_errors=True)
        shutil.copytree(POLICIES, policies)
        weaken(policies)
        capsys.readouterr()
        own[weaken] = judged()
    for weaken in (with_a_warning, with_a_registry, without_the_rule):
        weaken(policies)

    assert own == {
        without_the_rule: "no finding",
        with_a_warning: "fail, goes on",
        with_a_registry: "no finding",
        with_a_waiver: "waived, goes on",
    }
    assert judged("--bundle", reference, "--key", keys[1]) == "fail, stops"


def test_a_pulled_bundle_is_a_tree_of_rules_for_the_other_gates(
    tmp_path: Path,
    running: RunningRegistry,
    keys: tuple[Path, Path],
    signed: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is pulled builds the very bundle again, and knows the same collections and approvers."""
    reference = pushed(capsys, running, signed, tmp_path)
    pull = ("policy", "bundle", "pull", reference, "--key", keys[1], "--to", tmp_path / "rules")

    code, _, error = run(capsys, *pull, "--output", tmp_path / "kept")

    assert (code, (tmp_path / "kept").read_bytes()) == (0, signed), error
    assert archive.build(Bundle.find(tmp_path / "rules")) == archive.build(Bundle.find(POLICIES))
    assert register.read(tmp_path / "rules") == register.read(POLICIES)
    assert collections(Bundle.find(tmp_path / "rules")) == collections(Bundle.find(POLICIES))
    assert run(capsys, "policy", "bundle", "verify", tmp_path / "kept", "--key", keys[1])[0] == 0
    code, _, error = run(capsys, *pull)
    assert (code, "the directory is not empty" in error) == (2, True), error


def refused(
    capsys: pytest.CaptureFixture[str], bundle: object, key: Path, folder: Path, cause: str, *more: object
) -> None:
    """Assert that a check by a bundle ends without a verdict, and says why."""
    (folder / "pod.yaml").write_text(POD)
    code, out, error = run(capsys, "check", "--manifests", folder / "pod.yaml", "--bundle", bundle, "--key", key, *more)
    assert (code, out, cause in error) == (2, "", True), error


def test_an_unsigned_bundle_is_refused(
    tmp_path: Path, running: RunningRegistry, keys: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither pushed nor judged by."""
    (tmp_path / "unsigned").write_bytes(archive.build(Bundle.find(POLICIES)))

    refused(capsys, tmp_path / "unsigned", keys[1], tmp_path, "the rules bundle is not signed")
    code, _, error = run(capsys, "policy", "bundle", "push", tmp_path / "unsigned", "--registry", running.login_server)
    assert (code, "the rules bundle is not signed" in error) == (2, True), error


def test_a_bundle_signed_by_another_key_is_refused(
    tmp_path: Path, running: RunningRegistry, keys: tuple[Path, Path], signed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever may write to the registry is not by that one who may write rules."""
    other = ensure_rules_key(StateDir(tmp_path / "other"))
    reference = pushed(capsys, running, archive.sign(signed, other[0]), tmp_path)

    refused(capsys, reference, keys[1], tmp_path, "or not by this key")


def test_a_bundle_that_was_changed_is_refused(
    tmp_path: Path, keys: tuple[Path, Path], signed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule that was changed, added or taken away; data; what lies beside the rules; a second file of one name."""
    files = members(signed)
    rule = next(name for name in files if "supply_chain" in name)
    tampered = {
        "changed": {**files, rule: files[rule] + b"\n# nothing\n"},
        "added": {**files, "rules/x/y/y.rego": b"package rules.x.y\n"},
        "removed": {name: content for name, content in files.items() if name != rule},
        "beside": {**files, "parameters/base.yaml": b"levels: {default: warn}\n"},
        "data": {**files, "data.json": files["data.json"].replace(b'"deny"', b'"warn"', 1)},
    }
    for name, content in tampered.items():
        assert content != files, name
        (tmp_path / name).write_bytes(packed(list(content.items())))
        refused(capsys, tmp_path / name, keys[1], tmp_path, "is not what was signed")
    (tmp_path / "twice").write_bytes(packed([*files.items(), ("/data.json", b"{}")]))
    refused(capsys, tmp_path / "twice", keys[1], tmp_path, "holds what rules don't need")


def test_a_bundle_that_is_cut_short_is_refused(
    tmp_path: Path, running: RunningRegistry, keys: tuple[Path, Path], signed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of it, on disk or from the registry's own storage."""
    (tmp_path / "half").write_bytes(signed[: len(signed) // 2])
    refused(capsys, tmp_path / "half", keys[1], tmp_path, "it is cut short, or no bundle")
    content = archive.sign(signed, keys[0])
    reference = pushed(capsys, running, content, tmp_path)
    digest = hashlib.sha256(content).hexdigest()
    blob = running.storage / "docker/registry/v2/blobs/sha256" / digest[:2] / digest / "data"
    blob.write_bytes(content[:1000])

    refused(capsys, reference, keys[1], tmp_path, "content is not what its digest says")


def test_a_reference_that_names_nothing_or_anything_is_refused(
    tmp_path: Path, running: RunningRegistry, keys: tuple[Path, Path], signed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """A digest that isn't there; a tag, which names what its owner likes; a registry that does not answer."""
    reference = pushed(capsys, running, signed, tmp_path)
    absent = f"{reference.partition('@')[0]}@sha256:{'0' * 64}"

    refused(capsys, absent, keys[1], tmp_path, "the registry does not have it")
    refused(capsys, f"{reference.partition('@')[0]}:t", keys[1], tmp_path, "not named by its digest")
    refused(capsys, reference, keys[1], tmp_path, "name different rules", "--policies", POLICIES)


def test_no_rules_make_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty rule set would let everything through: it is refused before it is signed."""
    shutil.copytree(POLICIES, tmp_path / "policies")
    shutil.rmtree(tmp_path / "policies" / "rego" / "rules")

    code, _, error = run(
        capsys, "policy", "bundle", "build", "--policies", tmp_path / "policies", "--output", tmp_path / "x"
    )

    assert (code, "the rule set is empty" in error, (tmp_path / "x").exists()) == (2, True, False), error


def test_an_empty_bundle_that_is_signed_judges_nothing(
    tmp_path: Path, keys: tuple[Path, Path], signed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even the right key can't make no rules a pass."""
    files = {name.removeprefix("/"): content for name, content in members(signed).items()}
    kept = {name: content for name, content in files.items() if not name.startswith("rules/")}
    (tmp_path / "empty").write_bytes(archive.sign(packed(list(kept.items())), keys[0]))

    refused(capsys, tmp_path / "empty", keys[1], tmp_path, "the rule set is empty")
