"""What ``dialwatch check`` finds out about a PBX by logging in for real.

Asterisk does not tell a client its read classes. What is known: ``ListCommands`` lists only actions the
user may run, ``FullyBooted`` comes right after the login if the class system may be read, and each event
names its class in ``Privilege``; so those that arrive while we look are named, the others are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from monitor.clock import Clock, timer
from monitor.config import Pbx
from monitor.errors import LinkError
from monitor.pbx import resync
from monitor.pbx.inbox import Inbox
from monitor.pbx.session import ActionRefusedError, Session
from monitor.pbx.wire import headers

OBSERVE_SECONDS = 3.0
SKEW_SECONDS = 2.0

#: What the loss of a write class costs, by the action that needs it.
NEEDED = {
    "CoreShowChannels": "calls going on at a reconnect are taken up only if they are in conversation",
    "Status": "the answer time of calls going on at a reconnect stays unknown",
    "CoreStatus": "a restart of the PBX is told only by its uptime, if the class system may be read",
    "DeviceStateList": "which phones are unreachable is known only after their next change",
}
#: What the loss of a read class costs.
CLASSES = {
    "system": "restarts of the PBX are not seen",
    "call": "no call at all is seen",
    "agent": "queue calls lack their queue",
    "reporting": "there is no voice quality",
    "cdr": "calls cannot be held against the PBX's own records",
    "dialplan": "recordings are found by their names on disk only",
}
#: Actions a monitor has no use for, and a thief of its password has.
DANGEROUS = (
    "Originate",
    "Command",
    "UpdateConfig",
    "Setvar",
    "Redirect",
    "Hangup",
    "ModuleLoad",
    "DBPut",
    "AGI",
)

_PHONES = ("PJSIP", "SIP", "IAX2", "DAHDI", "SCCP")
#: eventfilter by event name came in these releases, and is in every later branch.
_EVENTFILTER = {18: 26, 20: 11, 21: 6, 22: 1}


class Finding(msgspec.Struct, frozen=True):
    """One result: how it is, and for what is not well, the mend."""

    level: Literal["ok", "warn", "fail"]
    what: str
    mend: str = ""


async def examine(
    pbx: Pbx, extensions: Sequence[str], clock: Clock, seconds: float = OBSERVE_SECONDS
) -> list[Finding]:
    """Log in to a PBX, look for ``seconds`` at what it sends, and judge; never raises ``LinkError``.

    ``extensions`` are those that the teams of the configuration name.
    """
    where = f"PBX {pbx.name}"
    found = patterns(pbx, extensions)
    if not pbx.tls and pbx.host not in ("127.0.0.1", "::1", "localhost"):
        found.append(
            Finding("warn", f"{where}: calls and numbers travel in clear to {pbx.host}", "set tls = true")
        )
    inbox = Inbox(100_000)
    try:
        session = await Session.open(pbx, clock, inbox=inbox)
        try:
            await session.login()
            found.append(Finding("ok", f"{where}: user {pbx.username} is logged in at {pbx.host}:{pbx.port}"))
            found += await _look(session, pbx, extensions, clock)
            await timer(clock).sleep(seconds)
            found += _heard(session, inbox, where, seconds)
        finally:
            session.close()
    except LinkError as error:
        found.append(
            Finding("fail", f"{where}: {error}", "see deploy/manager_custom.conf for the user's stanza")
        )
    return found


async def _look(session: Session, pbx: Pbx, extensions: Sequence[str], clock: Clock) -> list[Finding]:
    where = f"PBX {pbx.name}"
    picture = await resync.look(session)
    commands = set(await session.ask("ListCommands"))
    found = [version(where, picture.version), *rights(where, commands)]
    asked_at = clock.now()
    answer = await session.ask("Ping")
    found += skew(where, answer.get("Timestamp"), asked_at, clock.now())
    endpoints = {device.device for device in picture.snapshot.devices}
    whole = "PJSIPShowEndpoints" in commands
    if whole:
        try:
            rows = await session.listing("PJSIPShowEndpoints")
            endpoints |= {f"PJSIP/{row['ObjectName']}" for row in rows if row.get("ObjectName")}
        except ActionRefusedError:
            whole = False
    return found + strangers(pbx, endpoints) + absent(pbx, extensions, endpoints, whole=whole)


def _heard(session: Session, inbox: Inbox, where: str, seconds: float) -> list[Finding]:
    messages: list[bytes] = []
    while (read := inbox.take()) is not None:
        messages += [message for message in read[0] if message.startswith(b"Event: ")]
    return classes(where, messages, seconds, booted=session.protocol.fully_booted is not None)


def version(where: str, text: str | None) -> Finding:
    """Which Asterisk it is, and what it can."""
    number = re.match(r"(?:certified/)?(\d+)\.(\d+)", text or "")
    if number is None:
        return Finding(
            "warn", f"{where}: its version is not told ({text or 'nothing'})", "give it write = reporting"
        )
    major, minor = int(number[1]), int(number[2])
    if major < 16:
        return Finding(
            "warn", f"{where}: Asterisk {text} is older than 16, the oldest supported", "upgrade Asterisk"
        )
    filters = major >= 23 or minor >= _EVENTFILTER.get(major, 1 << 30)
    return Finding("ok", f"{where}: Asterisk {text}; eventfilter by name: {'yes' if filters else 'no'}")


def rights(where: str, commands: set[str]) -> list[Finding]:
    """What the user's write classes allow: too little, or too much."""
    found = [
        Finding(
            "warn",
            f"{where}: {action} is not permitted: {cost}",
            "set write = reporting in manager_custom.conf",
        )
        for action, cost in NEEDED.items()
        if action not in commands
    ]
    if not found:
        found.append(Finding("ok", f"{where}: all lists that a reconnect needs are permitted"))
    much = [action for action in DANGEROUS if action in commands]
    if much:
        what = f"{where}: the user may also run {', '.join(much)}: whoever has its secret owns the PBX"
        found.append(Finding("warn", what, "set write = reporting, nothing else"))
    return found


def skew(where: str, stamp: str | None, asked_at: float, answered_at: float) -> list[Finding]:
    """How the PBX's clock stands to ours; ``stamp`` is its time in the answer to a ping."""
    try:
        theirs = float(stamp or "")
    except ValueError:
        return []
    ahead = theirs - (asked_at + answered_at) / 2
    if abs(ahead) <= SKEW_SECONDS + (answered_at - asked_at) / 2:
        return [Finding("ok", f"{where}: its clock and ours agree ({ahead:+.2f} s)")]
    return [Finding("warn", f"{where}: its clock is {ahead:+.1f} s off ours", "run NTP on both machines")]


def classes(where: str, messages: Iterable[bytes], seconds: float, *, booted: bool) -> list[Finding]:
    """What the events that came tell about the read classes and time stamps."""
    seen: set[str] = set()
    stamped: set[bool] = set()
    names: set[str] = set()
    for message in messages:
        event = headers(message)
        if event.get("Event") == "FullyBooted":
            continue  # sent by the login itself, without a time stamp
        names.add(event.get("Event", ""))
        seen.add(event.get("Privilege", "").partition(",")[0])
        stamped.add("Timestamp" in event)
    if booted:
        seen.add("system")
    seen.discard("")
    found = [Finding("ok", f"{where}: events seen of class {', '.join(sorted(seen)) or 'none'}")]
    if not booted:
        found.append(
            Finding("warn", f"{where}: class system is missing: {CLASSES['system']}", "add it to read =")
        )
    unseen = [name for name in CLASSES if name not in seen and name != "system"]
    if unseen:
        costs = "; ".join(f"without {name}, {CLASSES[name]}" for name in unseen)
        what = f"{where}: in {seconds:g} s no event proved class {', '.join(unseen)} ({costs})"
        found.append(Finding("warn", what, "check again during a recorded call"))
    if "Newexten" in names:
        found.append(
            Finding("warn", f"{where}: it sends every dialplan step", "add the eventfilter lines of deploy/")
        )
    if False in stamped:
        what = f"{where}: events carry no time stamp: times are those of arrival"
        found.append(
            Finding("warn", what, "set timestampevents = yes under [general](+) in manager_custom.conf")
        )
    elif True in stamped:
        found.append(Finding("ok", f"{where}: events carry the PBX's time stamp"))
    return found


def patterns(pbx: Pbx, extensions: Sequence[str]) -> list[Finding]:
    """Whether each configured agent is one by the patterns."""
    names = {glob.partition("/")[0] for glob in pbx.agents}
    lost = [
        extension
        for extension in extensions
        if not any(fnmatchcase(f"{name}/{extension}", glob) for name in names for glob in pbx.agents)
    ]
    if not lost:
        return []
    what = (
        f"PBX {pbx.name}: the agents {some(lost)} match none of its agents patterns: their calls are not seen"
    )
    return [Finding("fail", what, "extend agents = [...] of this [[pbx]]")]


def strangers(pbx: Pbx, endpoints: Iterable[str]) -> list[Finding]:
    """Phones and trunks of the PBX that no pattern names."""
    globs = (*pbx.agents, *pbx.trunks)
    unknown = sorted(
        name
        for name in endpoints
        if name.partition("/")[0] in _PHONES and not any(fnmatchcase(name, glob) for glob in globs)
    )
    if not unknown:
        return []
    what = f"PBX {pbx.name}: neither agents nor trunks by the patterns, so not counted: {some(unknown)}"
    return [Finding("warn", what, "extend agents or trunks of this [[pbx]] if they should be")]


def absent(pbx: Pbx, extensions: Sequence[str], endpoints: Iterable[str], *, whole: bool) -> list[Finding]:
    """Agents the PBX does not know; judged only where its list of endpoints is ``whole``."""
    known = {name.partition("/")[2] for name in endpoints}
    missing = [extension for extension in extensions if extension not in known]
    if not whole or not missing:
        return []
    what = f"PBX {pbx.name}: the agents {some(missing)} have no endpoint there"
    return [Finding("warn", what, "mend the extensions in [[team]], or create the phones")]


def some(names: Sequence[str], most: int = 8) -> str:
    """The first of many names, with how many there are more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
