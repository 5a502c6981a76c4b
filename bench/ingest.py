"""Bench 1: AMI bytes over a loopback socket → tracked calls, CPU-µs per message, beside floors and rivals.

``python -m bench ingest [--rounds 5]``

Each row is a process of its own that reads the same capture, 102,562 events of 660 calls, from a socket as
fast as it can; its CPU time is divided by the messages. Whether the calls that were told are the ones
that were made (``load.truth.json``) is looked at after the clock has stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import importlib.util
import json
import multiprocessing as mp
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if not __package__:  # run as a file
    sys.path.insert(0, str(ROOT))

from bench.table import table  # noqa: E402

LOAD = ROOT / "tests" / "traces" / "load.ami.gz"
TRUTH = LOAD.with_name("load.truth.json")
GOAL = 2.0
READ_BYTES = 262_144

#: What cacofonisk calls the ends of calls; a number that does not exist is among what it calls failed.
REASONS = {"completed": "answered", "busy": "busy", "cancelled": "cancelled", "no-answer": "no_answer"}

#: Agent, number, outcome, and who hung up where the tracker tells it.
Told = tuple[str | None, str | None, str, str | None]


def serve(data: bytes) -> int:
    """A server that plays the bytes to whoever connects; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def play() -> None:
        while True:
            peer, _ = listener.accept()
            with peer, contextlib.suppress(ConnectionError):
                peer.sendall(data)

    threading.Thread(target=play, daemon=True).start()
    return int(listener.getsockname()[1])


def bare(port: int) -> list[Told]:
    """Only ``recv``."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        while link.recv(READ_BYTES):
            pass
    return []


def dialwatch(port: int) -> list[Told]:
    """Frame, filter, decode, track: what a link does between its socket and its calls."""
    from monitor.config import load
    from monitor.domain import Call
    from monitor.metrics.voice import VoiceAccumulator
    from monitor.pbx.decoding import wanted
    from monitor.pbx.pipeline import Pipeline
    from monitor.pbx.wire import Framer

    pipeline = Pipeline(load(ROOT / "config.toml", env={}).pbx[0], (), VoiceAccumulator)
    framer, at = Framer(), 1_795_444_700.0
    calls: dict[str, Call] = {}
    with socket.create_connection(("127.0.0.1", port)) as link:
        while data := link.recv(READ_BYTES):
            at += 0.05
            pipeline.received(wanted(framer.cut(data)), at)
            for change in pipeline.take():
                if isinstance(change, Call):
                    calls[change.id] = change
    return [
        (call.agent, call.number, call.outcome or "going on", call.hangup_by)
        for call in calls.values()
        if call.is_dial
    ]


def _panoramisk(port: int, events: list[str], callback: Callable[[Any, Any], None]) -> None:
    """Stock panoramisk's own protocol, with one callback for these events."""
    from panoramisk import Manager

    manager = Manager(loop=asyncio.new_event_loop(), ping_delay=0)
    for event in events:
        manager.register_event(event, callback)
    protocol = manager.config["protocol_factory"]()
    protocol.connection_made(asyncio.Transport())
    protocol.factory = manager
    with socket.create_connection(("127.0.0.1", port)) as link:
        while data := link.recv(READ_BYTES):
            protocol.data_received(data)


def panoramisk(port: int) -> list[Told]:
    """Every event to an empty callback."""
    _panoramisk(port, ["*"], lambda manager, message: None)
    return []


def cacofonisk(port: int) -> list[Told]:
    """Its tracker behind panoramisk, as its own ``AmiRunner`` wires the two."""
    from cacofonisk import BaseReporter, EventHandler

    told: list[Told] = []

    class Reporter(BaseReporter):  # type: ignore[misc]
        """Notes the end of each call."""

        def on_hangup(self, caller: Any, reason: str) -> None:
            agent = caller.name.rpartition("-")[0].partition("/")[2]
            told.append((agent, caller.exten.removeprefix("9"), REASONS.get(reason, reason), None))

    handler = EventHandler(reporter=Reporter())
    _panoramisk(port, list(handler.event_handlers()), lambda manager, event: handler.on_event(event))
    return told


ROWS: dict[str, Callable[[int], list[Told]]] = {
    "bare recv loop": bare,
    "dialwatch": dialwatch,
    "panoramisk, empty callback": panoramisk,
    "cacofonisk on panoramisk": cacofonisk,
}


def measured(
    work: Callable[[int], list[Told]], port: int, answer: mp.Queue[tuple[float, list[Told]]]
) -> None:
    """Run in its own process: CPU seconds of the second run, and the calls it told.

    The first run takes the imports and fills the caches, for every row alike.
    """
    work(port)
    start = time.process_time()
    told = work(port)
    answer.put((time.process_time() - start, told))


def right(told: list[Told]) -> str:
    """How many calls were told, and how many of those made are among them as they were."""
    made = json.loads(TRUTH.read_text("utf-8"))["calls"]
    with_end = all(call[3] is not None for call in told)
    true = Counter(
        (call["agent"], call["remote"], call["outcome"], call["hangup_by"] if with_end else None)
        for call in made
    )
    found = (true & Counter(told)).total()
    verdict = "all right" if found == len(told) == len(made) else f"{found} right"
    return f"{len(told)} of {len(made)}, {verdict}"


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench ingest", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    data = gzip.decompress(LOAD.read_bytes())
    messages = data.count(b"\r\n\r\n")
    port = serve(data)
    context = mp.get_context("fork")
    works = dict(ROWS)
    if importlib.util.find_spec("cacofonisk") is None:
        del works["cacofonisk on panoramisk"]
    times: dict[str, list[float]] = {name: [] for name in works}
    calls: dict[str, str] = {}
    for _ in range(options.rounds):
        for name, work in works.items():
            answer: mp.Queue[tuple[float, list[Told]]] = context.Queue()
            process = context.Process(target=measured, args=(work, port, answer))
            process.start()
            seconds, told = answer.get(timeout=120)
            process.terminate()  # panoramisk leaves a task behind that would complain at a common end
            times[name].append(seconds / messages * 1e6)
            calls[name] = right(told) if told else "-"
    print(
        f"{messages} messages, {len(data) / 1e6:.1f} MB; CPU-µs per message, {options.rounds} rounds; "
        f"goal of dialwatch: at most {GOAL}, all calls right"
    )
    print(
        table(
            ("", "least", "median", "calls told"),
            [
                (name, f"{min(each):.2f}", f"{statistics.median(each):.2f}", calls[name])
                for name, each in times.items()
            ],
        )
    )
    if len(works) < len(ROWS):
        print(
            "cacofonisk is not installed, so its row is left out; `make bench` installs it, or: "
            "pip install --require-hashes -r requirements/bench.txt"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
