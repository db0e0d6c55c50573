"""The catalogue and the module files under toolchain/ belong together."""

from __future__ import annotations

import re
import tomllib

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.layout import CHECKOUT
from headgate.sandbox.toolchain import TOOLS, Tool, needed, tool
from headgate.sandbox.toolchain.pins import MODULES, required_go

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("each", TOOLS, ids=lambda each: each.name)
def test_every_tool_is_a_tool_of_its_familys_go_mod(each: Tool) -> None:
    """A package in the catalogue is a `tool` line of go.mod, so `go mod tidy` keeps what it needs."""
    go_mod = (MODULES / each.family / "go.mod").read_text()

    assert re.search(rf"^(?:tool )?\s*{re.escape(each.package)}$", go_mod, re.MULTILINE)
    assert re.fullmatch(r"v\d+\.\d+\.\d+", each.version)


@pytest.mark.parametrize("family", sorted({each.family for each in TOOLS}))
def test_every_family_builds_with_the_go_that_is_documented(family: str) -> None:
    """No family asks for a newer Go than 1.26.8, which the toolchain guide names."""
    assert tuple(int(part) for part in required_go(family).split(".")) <= (1, 26, 8)
    assert "1.26.8" in (CHECKOUT / "docs" / "guides" / "toolchain.md").read_text()


def test_cli_and_sdk_are_of_one_version() -> None:
    """The CLI that is built and the SDK that is installed speak one protocol version."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]

    assert f"pulumi=={tool('pulumi').release}" in project["dependencies"]


def test_what_make_up_needs() -> None:
    """The tools that the sandbox starts, in the order in which the rest can begin."""
    assert needed() == (
        "pulumi", "opa", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok",
        "metrics-server", "registry", "rollouts-controller", "karpenter", "caddy", "prometheus", "alertmanager",
    )  # fmt: skip


def test_names_are_not_repeated() -> None:
    """Each tool has its own place in the cache."""
    names = [each.name for each in TOOLS]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "release"), [("prometheus", "3.15.0"), ("opa", "1.22.0"), ("kubectl", "1.36.3")])
def test_release_is_what_the_program_reports(name: str, release: str) -> None:
    """Prometheus numbers its module otherwise than its releases; the others don't."""
    assert tool(name).release == release


def test_unknown_tool_names_the_known_ones() -> None:
    """A mistyped name is answered with the list."""
    with pytest.raises(HeadgateError) as caught:
        tool("kubctl")

    assert (caught.value.found, "kubectl" in str(caught.value.expected)) == ("kubctl", True)


def test_linker_flags_carry_the_version() -> None:
    """Kubernetes reports v0.0.0-master and Pulumi nothing unless they are told their version."""
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in tool("kube-apiserver").ldflags
    assert tool("pulumi").ldflags.endswith("common/version.Version=v3.259.0")
