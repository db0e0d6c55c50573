"""The environment in which Pulumi works on the sandbox: back end, passphrase, plugins, tools.

Owns every variable that `headgate env` prints. The passphrase is a public constant on purpose: sandbox stacks commit
the salt that belongs to it, so that a checkout stays clean on every laptop; what protects the state is its file mode.
Real environments use a key vault (docs/adr/0002-sandbox-passphrase.md).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from headgate.sandbox.control import Control
from headgate.sandbox.files import write_if_changed
from headgate.sandbox.layout import CHECKOUT, StateDir
from headgate.sandbox.shims import install_plugins, leave_no_logs, write_shims
from headgate.sandbox.toolchain import path_prefix

SANDBOX_PASSPHRASE = "headgate-sandbox"  # noqa: S105 - public on purpose, see the module's docstring

# Nothing is fetched, nothing is asked, and a plugin that happens to lie on PATH is not taken for the sandbox's own.
_QUIET = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
    "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
}


def prepare(state: StateDir, *, project: Path = CHECKOUT, ambient: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Write what the environment points at (passphrase, plugins, links to tools), and return its variables."""
    prefix = path_prefix(state)
    write_shims(state)
    install_plugins(home(state))
    leave_no_logs(home(state))
    state.pulumi_backend.mkdir(mode=0o700, exist_ok=True)
    write_if_changed(state.passphrase_file, SANDBOX_PASSPHRASE)
    variables = {
        "HEADGATE_STATE": str(state.root),
        # The engine writes its whole state at each step; a checksum of it in a second file is read by nobody.
        "PULUMI_BACKEND_URL": f"file://{state.pulumi_backend}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(state.passphrase_file),
        "PULUMI_HOME": str(home(state)),
        **_QUIET,
        "PATH": joined_path(prefix, ambient.get("PATH", "")),
    }
    pack = policy_pack(project)
    if pack is not None:
        variables["PULUMI_OPTION_POLICY_PACK"] = str(pack)
    variables.update(_audit(state))
    variables.update(_models(state))
    if state.gate_bundles.is_file():
        variables["HEADGATE_GATE_BUNDLES"] = str(state.gate_bundles)
    configs = kubeconfigs(state)
    if configs:
        variables["KUBECONFIG"] = ":".join(str(each) for each in configs)
    return variables


def _audit(state: StateDir) -> dict[str, str]:
    """Return where the clusters' gates send their decisions: the sandbox's collector, once it runs."""
    control = Control(state)
    if not state.audit_token.is_file() or not control.alive():
        return {}
    port = control.reserve_ports("audit", ["https"])["https"]
    return {
        "HEADGATE_AUDIT_URL": f"https://127.0.0.1:{port}/v1/opa",
        "HEADGATE_AUDIT_TOKEN_FILE": str(state.audit_token),
    }


def _models(state: StateDir) -> dict[str, str]:
    """Return whom the gates ask what is known of models, once the sandbox has proven its own."""
    if not (state.model_registry.is_file() and state.model_signers.is_file()):
        return {}
    return {
        "HEADGATE_REGISTRY": state.model_registry.read_text().strip(),
        "HEADGATE_SIGNERS": str(state.model_signers),
        "HEADGATE_MODEL_APPROVERS": str(state.model_approvers),
    }


def plan_only_variables() -> dict[str, str]:
    """Return the part of the environment that a plan-only preview shares with an update: silence."""
    return dict(_QUIET)


def home(state: StateDir) -> Path:
    """Return Pulumi's home of a state: plugins, credentials, and nothing of the user's own."""
    return state.root / "pulumi-home"


def policy_pack(project: Path) -> Path | None:
    """Return the project's policy pack, which is the default of every preview and update."""
    pack = project / "policies" / "pack"
    return pack if (pack / "PulumiPolicy.yaml").is_file() else None


def kubeconfigs(state: StateDir) -> list[Path]:
    """Return the kubeconfigs of the regions that exist now."""
    return sorted((state.root / "regions").glob("*/kubeconfig"))


def joined_path(prefix: str, path: str) -> str:
    """Put the prefix before PATH, once: evaluating the environment twice changes nothing."""
    first = prefix.split(os.pathsep)
    return os.pathsep.join([*first, *(each for each in path.split(os.pathsep) if each and each not in first)])


def child_environment(variables: Mapping[str, str], ambient: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the whole environment of a Pulumi process: the user's, without what would turn it from the sandbox."""
    kept = {name: value for name, value in ambient.items() if name not in _FOREIGN}
    return {**kept, **variables}


# A user's own Pulumi settings: an access token, a passphrase or a stack of theirs must not reach a sandbox's update.
_FOREIGN = frozenset(
    {
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_STACK",
        "PULUMI_OPTION_STACK",
        "PULUMI_OPTION_POLICY_PACK",
        "PULUMI_CONFIG",
        "PULUMI_DEBUG_PROVIDERS",
        "PULUMI_DEBUG_LANGUAGES",
    }
)
