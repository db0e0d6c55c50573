"""The OpenAI-compatible answer of the simulated language model."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import onnxruntime
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from headgate.sandbox.dataplane.http_api import HttpApi
from headgate.sandbox.dataplane.inference import Answer, Inference, RefusedError, Target
from headgate.sandbox.dataplane.openai_api import OpenAiApi
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.sandbox.dataplane.tensors import InferRequest
from headgate.sandbox.layout import CHECKOUT

pytestmark = pytest.mark.unit

EXAMPLE = CHECKOUT / "examples" / "models" / "simulated-assistant"
PATH = "/openai/simulated-assistant/v1"


def target(**files: Path) -> Target:
    """Return a pod with a model of these files."""
    version = SimpleNamespace(digest="sha256:0")
    model = SimpleNamespace(files={name.replace("_", "."): path for name, path in files.items()}, version=version)
    pod = SimpleNamespace(namespace="team-assistant", name="assistant-0")
    return cast(Target, SimpleNamespace(pod=pod, model=model))


def raw(path: str, body: Any = None, served: Target | None = None, refused: Exception | None = None) -> tuple[int, str]:
    """Send one request to the example model; return the answer's text."""
    session = onnxruntime.InferenceSession((EXAMPLE / "model.onnx").read_bytes())
    found = served or target(words_json=EXAMPLE / "words.json")

    async def infer(_request: web.Request, _name: str, request: InferRequest) -> Answer:
        if refused:
            raise refused
        (completion,) = session.run(["completion"], dict(request.inputs))
        return Answer(found, {"completion": completion})

    async def run() -> tuple[int, str]:
        app = web.Application()
        OpenAiApi(infer, lambda _request, _name: found).add_to(app)
        async with TestClient(TestServer(app, host="127.0.0.1")) as client:
            answer = await (client.get(path) if body is None else client.post(path, json=body))
            return answer.status, await answer.text()

    return asyncio.run(run())


def ask(path: str, body: Any = None, served: Target | None = None, refused: Exception | None = None) -> tuple[int, Any]:
    """Send one request to the example model; return the answer's document."""
    status, text = raw(path, body, served, refused)
    return status, json.loads(text)


def told(kind: str, message: str) -> dict[str, Any]:
    """Return a refusal as OpenAI's clients read it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def test_an_answer_has_words_and_counts_them() -> None:
    """The words that follow the question's last one, no more than were asked for, and what both cost."""
    question = {"messages": [{"role": "user", "content": "Who approved this model"}], "max_tokens": 5}
    status, document = ask(f"{PATH}/chat/completions", question)

    assert status == 200
    assert document["object"] == "chat.completion"
    assert document["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "for an answer . a"},
            "finish_reason": "length",
        }
    ]
    assert document["usage"] == {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9}


def test_the_list_of_models_names_the_one_at_this_path() -> None:
    """A client that lists models first finds the one that it was pointed at."""
    assert ask(f"{PATH}/models") == (
        200,
        {
            "object": "list",
            "data": [{"id": "simulated-assistant", "object": "model", "created": 0, "owned_by": "team-assistant"}],
        },
    )


def test_a_stream_says_word_by_word_what_the_whole_answer_says() -> None:
    """Server-sent events: a role, the words, why it ended, the count where it is asked for, and the end."""
    question = {
        "messages": [{"role": "user", "content": "Who approved this model"}],
        "max_completion_tokens": 3,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    status, text = raw(f"{PATH}/chat/completions", question)

    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    chunks = [json.loads(line) for line in lines[:-1]]
    choices = [chunk["choices"] for chunk in chunks]
    assert (status, lines[-1]) == (200, "[DONE]")
    assert choices == [
        [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
        [{"index": 0, "delta": {"content": "for"}, "finish_reason": None}],
        [{"index": 0, "delta": {"content": " an"}, "finish_reason": None}],
        [{"index": 0, "delta": {"content": " answer"}, "finish_reason": None}],
        [{"index": 0, "delta": {}, "finish_reason": "length"}],
        [],
    ]
    assert chunks[-1]["usage"] == {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7}
    assert {(chunk["id"], chunk["object"], chunk["model"]) for chunk in chunks} == {
        (chunks[0]["id"], "chat.completion.chunk", "simulated-assistant")
    }


def test_a_model_that_is_not_cut_short_stops_by_itself() -> None:
    """Without a limit it says all it has, and says that this is why it ended."""
    _, document = ask(f"{PATH}/chat/completions", {"messages": [{"role": "user", "content": "digest"}]})

    assert document["choices"][0]["finish_reason"] == "stop"
    assert document["usage"] == {"prompt_tokens": 1, "completion_tokens": 16, "total_tokens": 17}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "`messages` is missing or empty"),
        ([], "the body is not an object"),
        ({"messages": [{"role": "user", "content": [1]}]}, "each message needs a text as its `content`"),
        ({"messages": [{"content": "a"}], "stream": "yes"}, "`stream` must be true or false"),
        ({"messages": [{"content": "a"}], "stream_options": 1}, "`stream_options` must be an object"),
        ({"messages": [{"content": "a"}], "max_tokens": 0}, "`max_tokens` must be a whole number above 0"),
        ({"messages": [{"content": "a"}], "max_tokens": True}, "`max_tokens` must be a whole number above 0"),
    ],
)
def test_what_can_not_be_answered_is_told(body: Any, message: str) -> None:
    """A refusal says what is wrong with the request, in the form that OpenAI's clients read."""
    assert ask(f"{PATH}/chat/completions", body) == (400, told("invalid_request_error", message))


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "not_found_error"), (500, "server_error"), (503, "service_unavailable_error")]
)
def test_a_refusal_on_the_way_keeps_its_status(status: int, kind: str) -> None:
    """What routing or the model refuse reaches the client as such."""
    question = {"messages": [{"content": "a"}], "stream": True}

    assert ask(f"{PATH}/chat/completions", question, refused=RefusedError(status, "no")) == (status, told(kind, "no"))


def test_a_model_without_words_does_not_speak() -> None:
    """A score is no answer to a question."""
    assert ask(f"{PATH}/models", served=target()) == (
        400,
        told("invalid_request_error", "this model is no language model"),
    )


def test_the_committed_model_is_what_its_program_makes(tmp_path: Path) -> None:
    """The same sentences give the same file, so its digest is right on every machine."""
    spec = importlib.util.spec_from_file_location("simulated_assistant", EXAMPLE / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.pop("simulated_assistant", None)
    spec.loader.exec_module(module)
    module.main(tmp_path)

    assert {name: (tmp_path / name).read_bytes() for name in ("model.onnx", "words.json")} == {
        name: (EXAMPLE / name).read_bytes() for name in ("model.onnx", "words.json")
    }


def test_every_answer_names_its_region_even_one_that_is_a_stream() -> None:
    """A client behind the front door can tell who answered, whatever came back."""
    found = target(words_json=EXAMPLE / "words.json")

    class Speaking:
        """Answers with the same words."""

        def available(self, *_asked: Any) -> Target:
            return found

        async def infer(self, *_asked: Any) -> Answer:
            return Answer(found, {"completion": np.array([1, 2])})

    async def run() -> list[tuple[int, str]]:
        app = HttpApi(cast(Inference, Speaking()), cast(Telemetry, None), "uaenorth").application(metrics=False)
        asked = {"messages": [{"content": "a"}], "stream": True}
        async with TestClient(TestServer(app, host="127.0.0.1")) as client:
            answers = [
                await client.post(f"{PATH}/chat/completions", json=asked),
                await client.get(f"{PATH}/models"),
                await client.get("/nowhere"),
            ]
            return [(answer.status, answer.headers.get("x-headgate-region", "")) for answer in answers]

    assert asyncio.run(run()) == [(200, "uaenorth"), (200, "uaenorth"), (404, "uaenorth")]
