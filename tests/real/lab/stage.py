"""What a scenario gets: free agents, numbers nobody else uses, phones, the switchboard's hand."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Protocol, cast

from .ami import Driver
from .asterisk import AGENTS, Asterisk, phone_port
from .exchange import Exchange
from .media import Impairment, Media
from .script import Answerer, Caller, Step, Talk
from .sipp import Leg, Phone, Sipp

TRUNK_ADDRESS = {"trunk-a": "127.0.0.2", "trunk-b": "127.0.0.3"}
# Members of queues, the phone without a name and the phones that are away have parts of their own.
RESERVED = frozenset({"8003", "8041", "8042", "8043", "8044", "8051", "8052", "8053", "8060", "8061"})


ALWAYS = frozenset({"agent", "remote", "complete", "heard", "click_to_dial"})


@dataclass(frozen=True)
class Expected:
    """One logical call as it really was: by the scenario's design, with lengths from SIPp's logs.

    ``remote`` is the number as sent to the trunk, ``ring_s`` dial begin to answer or end of the far leg,
    ``talk_s`` the far end's time with our agents, ``talk_by_agent`` the same per agent. Seconds. ``heard`` is false where the link was down for all of the call: no live monitor can know it.
    """

    direction: str
    agent: str | None
    remote: str | None
    outcome: str
    ring_s: float = 0.0
    talk_s: float = 0.0
    hangup_by: str = "unknown"
    trunk: str | None = None
    talk_by_agent: dict[str, float] = field(default_factory=dict)
    agents_final: tuple[str, ...] = ()
    hold_s: float | None = None
    click_to_dial: bool | None = False  # None: not for the phones to say
    complete: bool | None = True  # None: either can be argued; lengths are then not held to be exact
    heard: bool = True
    note: str = ""

    def as_json(self) -> dict[str, object]:
        """For a truth file: lengths to hundredths, without what is not said."""
        fields = asdict(self)
        for key in ("ring_s", "talk_s", "hold_s"):
            fields[key] = None if fields[key] is None else round(fields[key], 2)
        fields["talk_by_agent"] = {agent: round(s, 2) for agent, s in self.talk_by_agent.items()}
        return {
            key: value for key, value in fields.items() if value not in (None, "", False) or key in ALWAYS
        }


def outbound(agent: str | None, dialled: str, far: Leg | None, outcome: str, **more: object) -> Expected:
    """An outbound call of ``agent``; lengths from the far leg, all talk with that agent unless told otherwise."""
    talk = far.talk_seconds if far is not None and outcome == "answered" else 0.0
    fields: dict[str, object] = {
        "ring_s": (far.ring_seconds or 0.0) if far is not None else 0.0, "talk_s": talk, "trunk": "trunk-a",
        "talk_by_agent": {agent: talk} if agent and talk else {}, "agents_final": (agent,) if agent and talk else (),
        **more,
    }  # fmt: skip
    if "talk_by_agent" in more and "talk_s" not in more:
        fields["talk_s"] = sum(cast(dict[str, float], more["talk_by_agent"]).values())
    return Expected("outbound", agent, dialled[1:], outcome, **fields)  # type: ignore[arg-type]


def between(begin: float | None, end: float | None) -> float:
    """Seconds from one instant of a log to another; an absent one is an error of the scenario."""
    if begin is None or end is None:
        raise AssertionError("a phone's log lacks an instant the scenario is about")
    return end - begin


@dataclass(frozen=True)
class Scenario:
    """A scenario and how it wants to be played and recorded.

    Scenarios of one ``lane`` share phones or a parking place and never run at a time; beside one of the
    lane ``alone`` nothing runs at all, because it disturbs every call.
    """

    name: str
    about: str
    play: Callable[[Stage], Awaitable[list[Expected]]]
    user: str = "everything"
    lane: str = ""
    reconnect: bool = False
    timestamps: bool = False
    on_connect: tuple[str, ...] = ()


ALONE = "alone"
SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *, user: str = "everything", lane: str = "", reconnect: bool = False, timestamps: bool = False,
    on_connect: tuple[str, ...] = (),
) -> Callable[[Callable[[Stage], Awaitable[list[Expected]]]], Callable[[Stage], Awaitable[list[Expected]]]]:  # fmt: skip
    """Register a scenario under its function's name, with its docstring as what it is about."""

    def register(
        play: Callable[[Stage], Awaitable[list[Expected]]],
    ) -> Callable[[Stage], Awaitable[list[Expected]]]:
        name = play.__name__
        about = " ".join((play.__doc__ or "").split())
        SCENARIOS[name] = Scenario(name, about, play, user, lane, reconnect, timestamps, on_connect)
        return play

    return register


class Pool:
    """Extensions, numbers and ports handed out so that scenarios running side by side never meet."""

    def __init__(self) -> None:
        self._extensions = itertools.cycle([extension for extension in AGENTS if extension not in RESERVED])
        self._numbers = itertools.count(1)
        self._far = itertools.cycle(range(24000, 26000))
        self._media = itertools.cycle(range(26000, 28000, 2))

    def extension(self) -> str:
        """An agent nobody else uses (there are enough for all scenarios that run at a time)."""
        return next(self._extensions)

    def number(self) -> str:
        """A mobile number nobody else calls."""
        return f"138{next(self._numbers):08d}"

    def far_port(self) -> int:
        """A port for a far end's SIP."""
        return next(self._far)

    def media_port(self) -> int:
        """A port for a far end's RTP."""
        return next(self._media)


class Link(Protocol):
    """The AMI link of who listens; scenarios about a broken one break it."""

    async def drop(self, seconds: float) -> None:
        """Cut it, and let nobody connect for so long."""


class Stage:
    """One scenario's view of the lab. Everything started through it is stopped by ``clear``."""

    def __init__(
        self,
        asterisk: Asterisk,
        driver: Driver,
        sipp: Sipp,
        exchange: Exchange,
        pool: Pool,
        link: Link | None,
    ) -> None:
        self.asterisk = asterisk
        self.driver = driver
        self.link = link
        self.extensions: set[str] = set()
        self.numbers: set[str] = set()
        self._sipp, self._exchange, self._pool = sipp, exchange, pool
        self._phones: list[Phone] = []
        self._media: list[Media] = []

    def agent(self) -> str:
        """A free extension."""
        extension = self._pool.extension()
        self.extensions.add(extension)
        return extension

    def member(self, extension: str) -> str:
        """An extension with a part of its own (see the lab's dialplan); its scenarios share a lane."""
        self.extensions.add(extension)
        return extension

    def number(self, prefix: str = "9") -> str:
        """A fresh outside number as an agent dials it; the trunk gets it without the first digit."""
        number = self._pool.number()
        self.numbers.add(number)
        return prefix + number

    async def dial(
        self, user: str, number: str, *then: Step, messages: bool = False, **more: object
    ) -> Phone:
        """An agent dials; without ``then`` it stays until the other side hangs up."""
        script = Caller(user, number, then or (Talk(),), **more)  # type: ignore[arg-type]
        return self._kept(await self._sipp.call(script, messages=messages))

    async def inbound(
        self, caller: str, did: str, *then: Step, trunk: str = "trunk-a", **more: object
    ) -> Phone:
        """Somebody outside calls ``did`` through ``trunk``."""
        script = Caller(caller, did, then or (Talk(),), **more)  # type: ignore[arg-type]
        return self._kept(
            await self._sipp.call(script, address=TRUNK_ADDRESS[trunk], label=f"caller{caller}")
        )

    async def far(
        self, dialled: str, script: Answerer, *, sound: Impairment | None = None, trunk: str | None = None
    ) -> Phone:
        """A far end for the number an agent will dial as ``dialled``; it echoes voice and reports on it."""
        return await self.outside(dialled[1:], script, sound=sound, trunk=trunk)

    async def outside(
        self, number: str, script: Answerer, *, sound: Impairment | None = None, trunk: str | None = None
    ) -> Phone:
        """A far end for ``number`` exactly as it will be sent to a trunk."""
        media = await Media.open(self._pool.media_port(), sound)
        self._media.append(media)
        port = self._pool.far_port()
        self._exchange.connect(number, port, trunk)
        return self._kept(await self._sipp.answer(script, port, media=media.port, label=f"far{number}"))

    async def phone(self, extension: str, script: Answerer, *, calls: int = 1) -> Phone:
        """The phone of an agent, waiting for calls."""
        port = phone_port(extension)
        return self._kept(await self._sipp.answer(script, port, calls=calls, label=f"phone{extension}"))

    async def originate(self, channel: str, exten: str, caller_id: str, **more: str) -> None:
        """Originate into from-internal, as a CRM does for click-to-dial."""
        fields = {"Context": "from-internal", "Exten": exten, "Priority": "1"} if exten else {}
        await self.driver.action(
            "Originate",
            Channel=channel,
            CallerID=caller_id,
            Async="true",
            **{"Timeout": "15000", **fields, **more},
        )

    async def channel(self, endpoint: str) -> str:
        """The living channel of an endpoint, waited for."""
        return await self.driver.channel(f"PJSIP/{endpoint}-")

    async def peer(self, channel: str) -> str:
        """The channel in one bridge with ``channel``."""
        rows = [
            line.split("!") for line in (await self.driver.command("core show channels concise")).splitlines()
        ]
        bridge = next(row[-2] for row in rows if row[0] == channel)
        return next(row[0] for row in rows if row[0] != channel and bridge in row)

    async def done(self, *phones: Phone) -> None:
        """Wait for the ends of phones."""
        await asyncio.gather(*(phone.done() for phone in phones))

    async def clear(self) -> None:
        """Stop what is left of the scenario."""
        for phone in self._phones:
            await phone.stop()
        for media in self._media:
            media.close()

    def legs(self) -> dict[str, list[Leg]]:
        """All that SIPp noted, by phone."""
        legs: dict[str, list[Leg]] = {}
        for phone in self._phones:
            legs.setdefault(phone.label, []).extend(phone.legs())
        return legs

    def _kept(self, phone: Phone) -> Phone:
        self._phones.append(phone)
        return phone


def leg(phone: Phone, index: int = 0) -> Leg:
    """The n-th SIP call of a phone; an AssertionError says what SIPp said when there is none."""
    legs = phone.legs()
    if len(legs) <= index:
        raise AssertionError(f"{phone.label}: no call {index}; SIPp: {phone.errors()[-300:]}")
    return legs[index]
