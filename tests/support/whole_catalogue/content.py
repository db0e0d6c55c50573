"""What the program names by digest, in two versions of each, and how it gets into the registry."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from components import names
from headgate.model import ModelRegistry, Registry, build, program_image, runtime_image
from headgate.model.images import Image, simulated_image
from whole_catalogue.asked import ENVIRONMENT, ORGANISATION, TEAM

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "models"
SERVER = names.login_server(ORGANISATION, ENVIRONMENT)
FIRST, SECOND = "1.0.0", "1.1.0"
LANGUAGE_MODEL = "assistant"
# Each by the strategy that it is deployed with.
MODELS = ("canary", "bluegreen", "abtest", "shadow", "champion", "idle")
PROGRAMS = ("gateway", "opa", "gate-certificates", "rollouts-controller", "prometheus-adapter")
_SIMULATED = (
    "simulated-language-model",
    "simulated-batch-scorer",
    "simulated-trainer",
    "simulated-receiver",
    "simulated-ledger",
)


@cache
def model(name: str, version: str) -> str:
    """Return a version of a model, by digest."""
    return f"{SERVER}/models/{TEAM}/{name}@{build(_folder(name), f'{TEAM}/{name}', version).model.digest}"


def program(name: str, version: str = FIRST) -> str:
    """Return a program's image, by digest."""
    image = _image(name, version)
    return f"{SERVER}/{image.repository}@{image.digest}"


def push(registry: Registry) -> None:
    """Push all of it."""
    for version in (FIRST, SECOND):
        for name in (*PROGRAMS, *_SIMULATED, "oip-server"):
            _image(name, version).push(registry)
        for name in (*MODELS, LANGUAGE_MODEL):
            ModelRegistry(registry).push(_folder(name), f"{TEAM}/{name}", version)


@cache
def _image(name: str, version: str) -> Image:
    if name in PROGRAMS:
        return program_image(name, version)
    return simulated_image(name, version) if name in _SIMULATED else runtime_image(name, version)


def _folder(model: str) -> Path:
    return EXAMPLES / ("simulated-assistant" if model == LANGUAGE_MODEL else "fraud-score")
