"""AMI bytes over a loopback socket → tracked calls: CPU-µs per message, beside floors and a rival.

Run: ``python bench/ingest.py``. Each row is its own process, which reads the same capture of 102,562
events (660 calls) from a socket as fast as it can; its CPU time is divided by the messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import multiprocessing as mp
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
LOAD = ROOT / "tests" / "traces" / "load.ami.gz"
ROUNDS = 5
GOAL = 2.0


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


def bare(port: int) -> int:
    """Only ``recv``."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        while link.recv(262144):
            pass
    return 0


def dialwatch(port: int) -> int:
    """Frame, decode, track; how many calls there are in the end."""
    from monitor.config import load
    from monitor.domain import Call
    from monitor.metrics.voice import VoiceAccumulator
    from monitor.pbx.pipeline import Pipeline
    from monitor.pbx.wire import Framer

    pipeline = Pipeline(load(ROOT / "config.toml", env={}).pbx[0], (), VoiceAccumulator)
    framer, calls, at = Framer(), set(), 1_795_444_700.0
    with socket.create_connection(("127.0.0.1", port)) as link:
        while data := link.recv(262144):
            at += 0.05
            pipeline.received(framer.feed(data), at)
            calls.update(call.id for call in pipeline.take() if isinstance(call, Call) and call.ended)
    return len(calls)


def panoramisk(port: int) -> int:
    """Stock panoramisk's own protocol, every event to an empty callback."""
    from panoramisk import Manager

    manager = Manager(loop=asyncio.new_event_loop(), ping_delay=0)
    manager.register_event("*", lambda manager, message: None)
    protocol = manager.config["protocol_factory"]()
    protocol.connection_made(asyncio.Transport())
    protocol.factory = manager
    with socket.create_connection(("127.0.0.1", port)) as link:
        while data := link.recv(262144):
            protocol.data_received(data)
    return 0


def measured(work: Callable[[int], int], port: int, answer: mp.Queue[tuple[float, int]]) -> None:
    """Run in its own process: CPU seconds and what the work says."""
    work(port) if work is dialwatch else None  # imports and caches are not what is measured
    start = time.process_time()
    result = work(port)
    answer.put((time.process_time() - start, result))


def main() -> None:
    """Print the table."""
    data = gzip.decompress(LOAD.read_bytes())
    messages = data.count(b"\r\n\r\n")
    port = serve(data)
    context = mp.get_context("fork")
    rows: dict[str, tuple[list[float], int]] = {}
    for _ in range(ROUNDS):
        for name, work in (
            ("bare recv loop", bare),
            ("dialwatch", dialwatch),
            ("panoramisk, empty callback", panoramisk),
        ):
            answer: mp.Queue[tuple[float, int]] = context.Queue()
            process = context.Process(target=measured, args=(work, port, answer))
            process.start()
            seconds, result = answer.get(timeout=30)
            process.terminate()
            rows.setdefault(name, ([], result))[0].append(seconds / messages * 1e6)
    print(f"{messages} messages, {len(data) / 1e6:.1f} MB; CPU-µs per message: least and median of {ROUNDS}")
    for name, (times, result) in rows.items():
        times.sort()
        more = f"   {result} calls (goal: at most {GOAL})" if result else ""
        print(f"{name:28} {times[0]:7.2f} {times[len(times) // 2]:7.2f}{more}")


if __name__ == "__main__":
    main()
