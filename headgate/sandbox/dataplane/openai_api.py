"""An OpenAI-compatible answer from a simulated language model: enough of the protocol for a client to be pointed at.

Owns the protocol: what is asked, answers whole or as a stream, refusals. Routing, pods and accounts are those of every
inference. A model speaks here when it has a list of words beside its weights (`words.json`): the simulated ones, whose
names say so.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import web

from headgate.sandbox.dataplane.inference import Answer, RefusedError, Target
from headgate.sandbox.dataplane.tensors import BadRequestError, InferRequest

WORDS = "words.json"
_PATH = "/openai/{model}/v1"
_KINDS = {
    400: "invalid_request_error",
    404: "not_found_error",
    429: "rate_limit_error",
    503: "service_unavailable_error",
}
Ask = Callable[[web.Request, str, InferRequest], Awaitable[Answer]]
Find = Callable[[web.Request, str], Target]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Question:
    """What a client asks: the words of its conversation, how many it wants, and whether as they come."""

    said: tuple[str, ...]
    longest: int | None
    stream: bool
    count_at_end: bool


@dataclass(frozen=True)
class Completion:
    """What a model says to a question."""

    model: str
    said: int
    spoken: tuple[str, ...]
    cut: bool
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def reason(self) -> str:
        """Why it ended."""
        return "length" if self.cut else "stop"

    def whole(self) -> dict[str, Any]:
        """Return it as one document."""
        message = {"role": "assistant", "content": " ".join(self.spoken)}
        choice = {"index": 0, "message": message, "finish_reason": self.reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage()}

    def chunks(self, count_at_end: bool) -> Iterator[dict[str, Any]]:
        """Yield it token by token."""
        yield self._chunk({"role": "assistant", "content": ""})
        for number, word in enumerate(self.spoken):
            yield self._chunk({"content": f" {word}" if number else word})
        yield self._chunk({}, self.reason)
        if count_at_end:
            yield {**self._head("chat.completion.chunk"), "choices": [], "usage": self._usage()}

    def _chunk(self, delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _usage(self) -> dict[str, int]:
        spoken = len(self.spoken)
        return {"prompt_tokens": self.said, "completion_tokens": spoken, "total_tokens": self.said + spoken}


class OpenAiApi:
    """Handlers; `ask` is one inference, `find` one target that could answer."""

    def __init__(self, ask: Ask, find: Find) -> None:
        self._ask, self._find = ask, find

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(f"{_PATH}/models", _refusing(self._models))
        app.router.add_post(f"{_PATH}/chat/completions", _refusing(self._chat))

    async def _models(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["model"]
        target = self._find(request, name)
        _words(target)
        row = {"id": name, "object": "model", "created": 0, "owned_by": target.pod.namespace}
        return web.json_response({"object": "list", "data": [row]}, headers=_headers(target))

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["model"]
        known = {word: index for index, word in enumerate(_words(self._find(request, name)))}
        asked = _question(await request.read())
        token = np.array([known.get(asked.said[-1], 0) if asked.said else 0], dtype=np.int64)
        answer = await self._ask(
            request, name, InferRequest({"token": token}, prompt=len(asked.said), longest=asked.longest)
        )
        # The pod that answered may hold another version than the one that was found first: its words count.
        words = _words(answer.target)
        all_said = tuple(words[int(index)] for index in answer.outputs["completion"].reshape(-1))
        spoken = all_said[: asked.longest]
        completion = Completion(name, len(asked.said), spoken, cut=len(spoken) < len(all_said))
        if asked.stream:
            return await _stream(request, completion, asked.count_at_end, _headers(answer.target))
        return web.json_response(completion.whole(), headers=_headers(answer.target))


def _refusing(handler: Handler) -> Handler:
    """Answer refusals in this protocol's form, which its clients read."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusedError as error:
            return _refusal(error.status, str(error))
        except BadRequestError as error:
            return _refusal(400, str(error))

    return answered


def _refusal(status: int, message: str) -> web.Response:
    error = {"message": message, "type": _KINDS.get(status, "server_error"), "param": None, "code": None}
    return web.json_response({"error": error}, status=status)


async def _stream(
    request: web.Request, completion: Completion, count_at_end: bool, headers: dict[str, str]
) -> web.StreamResponse:
    """Send an answer as server-sent events, one for each token."""
    response = web.StreamResponse(headers={**headers, "Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    for chunk in completion.chunks(count_at_end):
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


def _question(content: bytes) -> Question:
    """Read a request's body."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadRequestError("the body is not an object")
    stream, options = body.get("stream") or False, body.get("stream_options") or {}
    if not isinstance(stream, bool):
        raise BadRequestError("`stream` must be true or false")
    if not isinstance(options, dict):
        raise BadRequestError("`stream_options` must be an object")
    return Question(_prompt(body), _longest(body), stream, bool(options.get("include_usage")))


def _prompt(body: dict[str, Any]) -> tuple[str, ...]:
    """Return the words of the conversation."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequestError("`messages` is missing or empty")
    texts = [row.get("content") for row in messages if isinstance(row, dict)]
    if len(texts) != len(messages) or not all(isinstance(text, str) for text in texts):
        raise BadRequestError("each message needs a text as its `content`")
    return tuple(word for text in texts for word in re.findall(r"\w+|\S", str(text).lower()))


def _longest(body: dict[str, Any]) -> int | None:
    """Return how many tokens may be said; nothing where the client leaves that to the model."""
    longest = body.get("max_completion_tokens", body.get("max_tokens"))
    if longest is None:
        return None
    if not isinstance(longest, int) or isinstance(longest, bool) or longest < 1:
        raise BadRequestError("`max_tokens` must be a whole number above 0")
    return longest


def _words(target: Target) -> list[str]:
    """Return the words that a model speaks in."""
    path = target.model.files.get(WORDS)
    if path is None:
        raise BadRequestError("this model is no language model")
    words: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return words


def _headers(target: Target) -> dict[str, str]:
    return {"x-headgate-pod": target.pod.name, "x-headgate-model-digest": target.model.version.digest}
