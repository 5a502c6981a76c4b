"""What to ask a PBX after each login, so that nothing between two connections is guessed (AMI.md 3.1).

Live events are buffered meanwhile. What the user's write classes do not permit is left out and named in
``Picture.missing``: with ``write = reporting`` all of it works, with an empty ``write`` the bridges and
who is in them (``BridgeList`` and ``BridgeInfo`` need no class) are all that can be known.
"""

from __future__ import annotations

import asyncio

import msgspec

from monitor.pbx.session import ActionRefusedError, Session
from monitor.pbx.snapshot import Snapshot, SnapshotBuilder

#: Asked for with ``Status``: when the call of a channel was answered, in epoch seconds.
ANSWERED = "CDR(answer,u)"

#: BridgeInfo actions under way at a time.
_BRIDGES_AT_ONCE = 50


class Process(msgspec.Struct, frozen=True):
    """What tells one run of Asterisk from another.

    ``uptime`` in seconds (whole ones) as it was at ``heard`` (monotonic), ``started`` its start as the
    PBX writes it; each ``None`` where the user's classes hide it.
    """

    heard: float
    uptime: float | None = None
    started: str | None = None


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A PBX as it is now; ``missing`` names the actions it refused."""

    snapshot: Snapshot
    process: Process
    version: str | None = None
    missing: tuple[str, ...] = ()


async def look(session: Session) -> Picture:
    """Ask for everything.

    Raises ``LinkError`` where the connection is lost or an answer does not come.
    """
    missing: list[str] = []
    builder = SnapshotBuilder()

    async def ask(action: str) -> dict[str, str]:
        try:
            return await session.ask(action)
        except ActionRefusedError:
            missing.append(action)
            return {}

    async def gather_rows(action: str, **fields: str) -> list[dict[str, str]]:
        try:
            rows = await session.listing(action, **fields)
        except ActionRefusedError:
            missing.append(action)
            return []
        for row in rows:
            builder.add(with_variables(row))
        return rows

    core = await ask("CoreSettings")
    status = await ask("CoreStatus")
    await gather_rows("DeviceStateList")
    bridges = await gather_rows("BridgeList")
    await gather_rows("CoreShowChannels")
    if "CoreShowChannels" in missing:
        for first in range(0, len(bridges), _BRIDGES_AT_ONCE):
            some = bridges[first : first + _BRIDGES_AT_ONCE]
            await asyncio.gather(*(_who_is_in(session, row, builder) for row in some))
    await gather_rows("Status", Variables=ANSWERED)

    booted = session.protocol.fully_booted or {}
    started = " ".join(status[key] for key in ("CoreStartupDate", "CoreStartupTime") if status.get(key))
    return Picture(
        snapshot=builder.build(
            whole="CoreShowChannels" not in missing or "Status" not in missing,
            bridges="BridgeList" not in missing,
        ),
        process=Process(session.protocol.booted_heard, _seconds(booted.get("Uptime")), started or None),
        version=core.get("AsteriskVersion") or session.protocol.banner,
        missing=tuple(missing),
    )


async def _who_is_in(session: Session, bridge: dict[str, str], builder: SnapshotBuilder) -> None:
    bridge_id = bridge.get("BridgeUniqueid", "")
    try:
        rows = await session.listing("BridgeInfo", BridgeUniqueid=bridge_id)
    except ActionRefusedError:
        return  # it ended since the list was made
    for row in rows:
        builder.add({**row, "BridgeUniqueid": bridge_id})


def with_variables(row: dict[str, str]) -> dict[str, str]:
    """A row of ``Status`` with its ``Variable: name=value`` as a header of that name."""
    name, equals, value = row.get("Variable", "").partition("=")
    return {**row, name: value} if equals else row


def has_restarted(before: Process | None, now: Process, blind_seconds: float | None) -> bool:
    """Whether Asterisk was started anew since it was last heard, ``blind_seconds`` ago; False if unknown.

    Its start time decides where both runs told it. Else it has restarted if it is up for less long than
    we were blind: uptime comes in whole seconds, rounded down, and whoever was up when last heard has
    been up at least since.
    """
    if before is not None and before.started and now.started:
        return before.started != now.started
    if now.uptime is None or blind_seconds is None:
        return False
    return now.uptime < blind_seconds


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() else None
