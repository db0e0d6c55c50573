"""Artifacts that leave their folder, are too many, too large, or not what was listed; and where they may come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.model import RegistryError, build
from headgate.model.content import FileLayer
from headgate.model.mlflow.artifacts import PROXY, Artifact, bring, listed, root_of

pytestmark = pytest.mark.unit

ROOT = "1/models/m-1/artifacts"


def folder(mlflow: Any, path: str, *rows: tuple[str, int | None]) -> None:
    """Say what a folder holds: files with a size, folders without."""
    files = [{"path": name, "is_dir": size is None, "file_size": size or 0} for name, size in rows]
    mlflow.say(f"{PROXY}?{path}", {"files": files} if files else {})


def test_folders_are_listed_to_their_depth(mlflow: Any) -> None:
    """Each file by its path in the version, in order."""
    folder(mlflow, ROOT, ("weights", None), ("MLmodel", 7))
    folder(mlflow, f"{ROOT}/weights", ("a b.bin", 3))

    assert listed(mlflow.client(), ROOT, 10) == [Artifact("MLmodel", 7), Artifact("weights/a b.bin", 3)]


@pytest.mark.parametrize("name", ["../key", "..", "/etc/passwd", "a/b", "", ".", "a\\b", "a\0b"])
def test_a_name_that_leaves_its_folder_is_refused(mlflow: Any, name: str) -> None:
    """A server that was broken into writes nowhere but where it may."""
    folder(mlflow, ROOT, (name, 1))

    with pytest.raises(RegistryError, match="leaves the model's directory"):
        listed(mlflow.client(), ROOT, 10)


def test_limits_hold(mlflow: Any) -> None:
    """Nothing at all, too much, the same twice, and folders without an end."""
    rows: list[list[tuple[str, int | None]]] = [[], [("a", 11)], [("a", 1), ("a", 1)], [("a", -1)]]
    for each in rows:
        folder(mlflow, ROOT, *each)
    for said in ("no artifacts", "larger than what", "names an artifact twice", "has no size"):
        with pytest.raises(RegistryError, match=said):
            listed(mlflow.client(), ROOT, 10)

    for depth in range(20):
        folder(mlflow, f"2{'/deep' * depth}", ("deep", None))
    with pytest.raises(RegistryError, match="too deep folders"):
        listed(mlflow.client(), "2", 10)


def test_files_come_whole_and_resume_where_they_broke(mlflow: Any, tmp_path: Path) -> None:
    """What came before the break is kept when the server says that the file is still the same."""
    where = f"{PROXY}/{ROOT}/weights/a%20b.bin"
    mlflow.say(where, b"0123", Content_Length="10", ETag='"one"')
    mlflow.say(where, b"456789", 206)
    bring(mlflow.client(), ROOT, [Artifact("weights/a b.bin", 10)], tmp_path)

    assert (tmp_path / "weights" / "a b.bin").read_bytes() == b"0123456789"
    asked = [(headers.get("Range"), headers.get("If-Range")) for _, headers in mlflow.asked]
    assert asked == [(None, None), ("bytes=4-", '"one"')]


@pytest.mark.parametrize(("rest", "status"), [(b"456789", 206), (b"0123456789", 200)])
def test_what_was_brought_is_read_once_and_that_is_to_send_it(
    mlflow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rest: bytes, status: int
) -> None:
    """Gone on with or begun again: its digests are known when it is written; of what is there nothing is read."""
    mlflow.say(f"{PROXY}/{ROOT}/a", b"0123", Content_Length="10", ETag='"one"')
    mlflow.say(f"{PROXY}/{ROOT}/a", rest, status)
    passed = bring(mlflow.client(), ROOT, [Artifact("a", 10)], tmp_path)
    expected = build(tmp_path, "fraud/score", "1.0.0").model
    read: list[int] = []
    chunks = FileLayer._file_chunks

    def counted(layer: FileLayer, start: int, most: int) -> Iterator[bytes]:
        for chunk in chunks(layer, start, most):
            read.append(len(chunk))
            yield chunk

    monkeypatch.setattr(FileLayer, "_file_chunks", counted)

    built = build(tmp_path, "fraud/score", "1.0.0", passed)
    assert (built.model, read) == (expected, [])
    assert (b"".join(built.layers[0].chunks())[512:522], read) == (b"0123456789", [10])


def test_a_file_that_was_changed_since_it_was_brought_is_read_for_its_digest(mlflow: Any, tmp_path: Path) -> None:
    """Of another length, that is; of the same length the registry refuses it, which has every digest checked."""
    mlflow.say(f"{PROXY}/{ROOT}/a", b"0123")
    passed = bring(mlflow.client(), ROOT, [Artifact("a", 4)], tmp_path)
    (tmp_path / "a").write_bytes(b"01234")

    assert build(tmp_path, "m/m", "1.0.0", passed).model == build(tmp_path, "m/m", "1.0.0").model


@pytest.mark.parametrize(("body", "found"), [(b"012", "3 bytes"), (b"01234567", "more than 4 bytes")])
def test_a_file_of_another_length_is_refused(mlflow: Any, tmp_path: Path, body: bytes, found: str) -> None:
    """Shorter, and longer."""
    mlflow.say(f"{PROXY}/{ROOT}/a", body)

    with pytest.raises(RegistryError, match="not as long") as caught:
        bring(mlflow.client(), ROOT, [Artifact("a", 4)], tmp_path)
    assert caught.value.found == found


def test_an_artifact_that_is_gone_is_said(mlflow: Any, tmp_path: Path) -> None:
    """Listed, and then not there."""
    mlflow.refuse(f"{PROXY}/{ROOT}/a", 404, "RESOURCE_DOES_NOT_EXIST", "No such artifact: 'a'")

    with pytest.raises(RegistryError, match="No such artifact"):
        bring(mlflow.client(), ROOT, [Artifact("a", 4)], tmp_path)


def test_what_does_not_fit_on_the_disk_is_not_begun(mlflow: Any, tmp_path: Path) -> None:
    """Nothing is asked for."""
    with pytest.raises(RegistryError, match="no room"):
        bring(mlflow.client(), ROOT, [Artifact("a", 10**18)], tmp_path)
    assert mlflow.asked == []


def test_artifacts_come_from_the_servers_own_proxy_alone(mlflow: Any) -> None:
    """Storage that the server does not serve, another host, and a way out of its folder are refused."""
    server = mlflow.client()
    own = mlflow.uri.removeprefix("http://")
    for uri in (f"mlflow-artifacts:/{ROOT}", f"mlflow-artifacts://{own}/{ROOT}", f"{mlflow.uri}/api/2.0{PROXY}/{ROOT}"):
        assert root_of(server, uri) == ROOT
    for uri in ("s3://bucket/1", "wasbs://c@a.example/1", "file:///mlruns/1", f"mlflow-artifacts://other/{ROOT}"):
        with pytest.raises(RegistryError, match="not with the MLflow server") as caught:
            root_of(server, uri)
        assert "--artifacts-destination" in str(caught.value.fix)
    with pytest.raises(RegistryError, match="leaves"):
        root_of(server, "mlflow-artifacts:/1/%2e%2e/2")
