"""The process of the update gate: started by a language host, ended by the engine.

Owns the process's life: OPA first, then the port on standard output, then until told to end.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from pulumi.runtime.proto import analyzer_pb2_grpc

from headgate.ending import told_to_end
from headgate.engine.exported import exported
from headgate.errors import HeadgateError
from headgate.gate.record import configured_ledger
from headgate.gate.shared import insist
from headgate.gate.update import receipt
from headgate.gate.update.analyzer import Analyzer
from headgate.gate.update.before import Before
from headgate.gate.update.session import Session
from headgate.policy.bundle import Bundle
from headgate.policy.server import OpaServer
from headgate.stack.folder import find_stacks
from headgate.waiver.force import in_force

if TYPE_CHECKING:
    from headgate.gate.knowledge import Asked

# Large stacks send large resources; the engine's own limit.
_MESSAGE_BYTES = 400 * 1024 * 1024
_THREADS = 8

FactsOf = Callable[[Bundle, Path | None], "Asked | None"]
Rules = Callable[[], AbstractContextManager[Bundle]]


def no_facts(_rules: Bundle, _ledger: Path | None) -> Asked | None:
    """Ask nobody."""
    return None


def found_rules() -> AbstractContextManager[Bundle]:
    """Lend the rules of the checkout, or of HEADGATE_POLICIES."""
    return nullcontext(Bundle.find())


def serve(facts_of: FactsOf = no_facts, rules: Rules = found_rules) -> None:
    """Serve one engine until it ends this process.

    `facts_of` says whom to ask what is known of models, `rules` lends those that judge.
    """
    stop = threading.Event()
    told_to_end(stop.set)
    with ExitStack() as closing:
        begin = _beginning(closing, facts_of, rules)
        server = grpc.server(
            ThreadPoolExecutor(_THREADS),
            options=[("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", -1)],
        )
        analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(begin, _version()), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        stop.wait()
        server.stop(grace=1).wait()


def _beginning(closing: ExitStack, facts_of: FactsOf, rules: Rules) -> Callable[[], Session]:
    """Start what a session needs. What fails is said in answer to the engine, where a person sees it."""
    try:
        stacks = find_stacks()
        bundle, _ = in_force(closing.enter_context(rules()), stacks)
        _ = bundle.digest
        # Before any thread: a fork among threads is unsafe, and the parent's death signal is the thread's.
        ledger = configured_ledger()
        ask = closing.enter_context(OpaServer(bundle)).ask
        approval = partial(receipt.facts_of, bundle, stacks.parent)
        known, analysis = facts_of(bundle, ledger), receipt.is_analysis(receipt.ancestors())
        before = Before(partial(exported, project=stacks.parent))
        session = Session(bundle, ask, ledger, analysis=analysis, approval=approval, facts=known, before=before)
        session.insist = partial(insist, ledger=ledger)
    except (HeadgateError, OSError) as error:
        problem = error if isinstance(error, HeadgateError) else HeadgateError("the gate can't start", found=str(error))

        def refuse() -> Session:
            raise problem

        return refuse
    return lambda: session


def _version() -> str:
    try:
        return version("headgate")
    except PackageNotFoundError:
        return "0.0.0"
