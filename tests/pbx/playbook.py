"""Scripts of what a PBX does, written as events in time order; the calls they make come back.

The sequences follow real captures (``tests/traces``): what an Asterisk sends for a dial, an answer, a
bridge, a hang-up, without the headers that the tracker does not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.domain import Call, Direction
from monitor.pbx import events as ev
from monitor.pbx.snapshot import Snapshot
from monitor.pbx.tracker import Tracker

START = 1_795_444_000.0


@dataclass(frozen=True)
class Plan:
    """Number plan of the lab."""

    name: str = "main"
    agents: tuple[str, ...] = ("PJSIP/80[0-9][0-9]", "SIP/80[0-9][0-9]")
    trunks: tuple[str, ...] = ("PJSIP/trunk-*", "SIP/trunk-*")
    dial_prefix: str = "9"
    encoding_fallback: str = "gb18030"


class Playbook:
    """Writes events; ``now`` moves on by hand. Channels are known by short names."""

    def __init__(self) -> None:
        self.now = START
        self.events: list[ev.AnyEvent] = []
        self._serial = 0
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def uid(self, channel: str) -> str:
        """Uniqueid of a channel by its short name."""
        return self._ids[channel]

    def channel_name(self, channel: str) -> str:
        """Full name of a channel by its short name."""
        return self._names[channel]

    def add(self, event: ev.AnyEvent) -> None:
        """An event of its own."""
        self.events.append(event)

    def create(
        self,
        channel: str,
        *,
        exten: str = "s",
        incoming: bool = False,
        number: str | None = None,
        name: str | None = None,
        full_name: str | None = None,
    ) -> None:
        """A new channel. ``channel`` is ``8001``, ``trunk-a``, or ``8001#2`` for a second one of it."""
        self._serial += 1
        uniqueid = f"{int(self.now)}.{self._serial}"
        endpoint = channel.split("#")[0]
        self._ids[channel] = uniqueid
        self._names[channel] = full_name or f"PJSIP/{endpoint}-{self._serial:08x}"
        self.add(
            ev.NewChannel(
                self.now, uniqueid, self._names[channel], uniqueid, 4 if incoming else 0, exten, number, name
            )
        )

    def local(self, exten: str, context: str = "ctx") -> tuple[str, str]:
        """A Local pair; returns the short names of its halves."""
        self._serial += 1
        base = f"Local/{exten}@{context}-{self._serial:08x}"
        one, two = f"L{self._serial};1", f"L{self._serial};2"
        self.create(one, exten=exten, full_name=base + ";1")
        self.create(two, exten=exten, full_name=base + ";2", incoming=True)
        return one, two

    def dial(self, caller: str | None, dest: str, string: str) -> None:
        """DialBegin; without caller it is an Originate."""
        caller_id = self._ids[caller] if caller else None
        caller_name = self._names[caller] if caller else ""
        self.add(
            ev.DialBegun(self.now, caller_id, caller_name, self._ids[dest], self._names[dest], "", string)
        )

    def out(
        self, agent: str, number: str = "13800138000", trunk: str = "trunk-a", *, leg: str | None = None
    ) -> str:
        """The agent dials a number through a trunk: channel, leg, DialBegin. Returns the leg's name."""
        leg = leg or trunk
        if agent not in self._ids:
            self.create(agent, exten="9" + number, incoming=True, number=agent.split("#")[0])
        self.create(leg, full_name=f"PJSIP/{trunk}-{self._serial + 1:08x}")
        self.dial(agent, leg, f"{number}@{trunk}")
        return leg

    def ring(self, dest: str, status: str = "RINGING") -> None:
        """180 or 183 came back."""
        if status == "RINGING":
            self.state(dest, 5)
        self.add(ev.DialProgress(self.now, self._ids[dest], self._names[dest], status))

    def state(self, channel: str, state: int) -> None:
        """Newstate."""
        self.add(ev.NewState(self.now, self._ids[channel], self._names[channel], "", state))

    def dial_end(self, dest: str, status: str, forward: str | None = None) -> None:
        """DialEnd."""
        self.add(ev.DialEnded(self.now, self._ids[dest], self._names[dest], status, forward))

    def answer(self, dest: str, caller: str | None = None) -> None:
        """The dialled side picks up, and the caller's channel comes up with it."""
        self.state(dest, 6)
        self.dial_end(dest, "ANSWER")
        if caller:
            self.state(caller, 6)

    def enter(self, bridge: str, *channels: str, holding: bool = False) -> None:
        """BridgeEnter of each."""
        for channel in channels:
            self.add(
                ev.BridgeEntered(self.now, self._ids[channel], self._names[channel], "", bridge, holding)
            )

    def leave(self, bridge: str, *channels: str) -> None:
        """BridgeLeave of each."""
        for channel in channels:
            self.add(ev.BridgeLeft(self.now, self._ids[channel], bridge))

    def connect(self, caller: str, dest: str, bridge: str = "b1") -> None:
        """Answer and bridge."""
        self.answer(dest, caller)
        self.enter(bridge, dest, caller)

    def request(self, channel: str, cause: int | None = 16) -> None:
        """The far side of this channel asked for the end (BYE, CANCEL, error reply)."""
        self.add(ev.HangupRequested(self.now, self._ids[channel], cause))

    def hangup(self, channel: str, cause: int | None = 16) -> None:
        """Hangup."""
        self.add(ev.HungUp(self.now, self._ids[channel], cause, None))

    def bye(self, first: str, *others: str, bridge: str = "b1") -> None:
        """A bridged call ends: ``first`` asked for it."""
        self.request(first)
        self.leave(bridge, first, *others)
        for channel in (first, *others):
            self.hangup(channel)

    def hold(self, channel: str, on: bool = True) -> None:
        """Hold or Unhold."""
        self.add(ev.Held(self.now, self._ids[channel], on))

    def calls(self, plan: Plan | None = None) -> list[Call]:
        """The calls of the whole script, in order of start."""
        return play(self.events, plan)

    def call(self) -> Call:
        """The only call of the script."""
        (call,) = self.calls()
        return call


def answered(pbx: Playbook, agent: str = "8001", ring: float = 2.0, talk: float = 6.0) -> None:
    """The agent dials, it rings, the customer picks up, they talk; nobody hangs up yet."""
    leg = pbx.out(agent)
    pbx.ring(leg)
    pbx.wait(ring)
    pbx.connect(agent, leg)
    pbx.wait(talk)


def originate(pbx: Playbook, agent: str = "8001") -> None:
    """An Originate rings the agent's phone."""
    pbx.create(agent)
    pbx.dial(None, agent, agent)
    pbx.ring(agent)
    pbx.wait(1.5)


def click_through_local(pbx: Playbook) -> tuple[str, str, str]:
    """Originate Local/8002@c2d/n up to the bridge with the customer."""
    one, two = pbx.local("8002", "c2d")
    pbx.dial(None, one, "8002@c2d/n")
    pbx.create("8002")
    pbx.dial(two, "8002", "8002")
    pbx.ring("8002")
    pbx.wait(1.5)
    return one, two, take_and_dial(pbx, one, two, "8002")


def take_and_dial(pbx: Playbook, one: str, two: str, phone: str) -> str:
    """The phone that a pair rang picks up, and the pair dials the customer, who answers; the customer's leg."""
    pbx.answer(phone)
    pbx.state(two, 6)
    pbx.enter("near", phone, two)
    pbx.answer(one)
    pbx.create("trunk-a")
    pbx.dial(one, "trunk-a", "13816138002@trunk-a")
    pbx.ring("trunk-a")
    pbx.wait(2)
    pbx.answer("trunk-a")
    pbx.enter("far", "trunk-a", one)
    return "trunk-a"


def hang_up_click(pbx: Playbook, one: str, two: str, phone: str, leg: str) -> None:
    """The agent of a click-to-dial through a pair hangs up."""
    pbx.request(phone)
    pbx.leave("near", phone, two)
    pbx.leave("far", one, leg)
    for channel in (phone, two, one, leg):
        pbx.hangup(channel)


def outbound(calls: list[Call]) -> list[Call]:
    """Those an agent or a dialler made to the outside."""
    return [call for call in calls if call.direction is Direction.OUTBOUND]


def play(
    events: Sequence[ev.AnyEvent], plan: Plan | None = None, *, finish: float | None = None
) -> list[Call]:
    """The calls that a sequence of events makes, each as it finally stood."""
    tracker = Tracker("main", plan or Plan(), ("110", "120"))
    calls: dict[str, Call] = {}
    for event in events:
        tracker.apply(event)
        collect(tracker, calls)
    tracker.finish(finish if finish is not None else (events[-1].at if events else START))
    collect(tracker, calls)
    return in_order(calls)


def collect(tracker: Tracker, calls: dict[str, Call]) -> None:
    """Take a tracker's changes into a table of calls."""
    for change in tracker.take():
        if isinstance(change, Call):
            calls[change.id] = change


def in_order(calls: dict[str, Call]) -> list[Call]:
    """Calls in order of start."""
    return sorted(calls.values(), key=lambda call: (call.started_at, call.id))


def talk_by_agent(call: Call) -> dict[str, float]:
    """Seconds each agent was in conversation with the far end."""
    talk: dict[str, float] = {}
    for segment in call.segments:
        end = segment.ended_at if segment.ended_at is not None else segment.started_at
        talk[segment.agent] = talk.get(segment.agent, 0.0) + end - segment.started_at
    return {agent: round(seconds, 3) for agent, seconds in talk.items()}


EMPTY = Snapshot()
