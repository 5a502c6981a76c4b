"""The captures in ``tests/traces`` as typed events, and what their truth says."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from monitor.pbx.decoding import decode_event, wanted
from monitor.pbx.events import AnyEvent
from monitor.pbx.wire import Framer

TRACES = Path(__file__).parent.parent / "traces"
NAMES = sorted(path.name.removesuffix(".ami.gz") for path in TRACES.glob("*.ami.gz"))

#: Captures of one connection, short enough to be run hundreds of times.
SHORT = [
    name
    for name in NAMES
    if name != "load" and gzip.open(TRACES / f"{name}.ami.idx.gz", "rt").read().count("# connect") == 1
]


def truth(name: str) -> dict[str, Any]:
    """What the SIP phones really did."""
    loaded: dict[str, Any] = json.loads((TRACES / f"{name}.truth.json").read_text())
    return loaded


def raw(name: str) -> bytes:
    """All bytes of a capture."""
    return gzip.open(TRACES / f"{name}.ami.gz").read()


@cache
def events(name: str) -> tuple[AnyEvent, ...]:
    """The typed events of a capture of one connection, with their times of arrival."""
    data = raw(name)
    framer = Framer()
    found: list[AnyEvent] = []
    for line in gzip.open(TRACES / f"{name}.ami.idx.gz", "rt"):
        if line.startswith("#"):
            continue
        offset, length, at = line.split()
        for message in wanted(framer.cut(data[int(offset) : int(offset) + int(length)])):
            event = decode_event(message, float(at))
            if event is not None:
                found.append(event)
    return tuple(found)
