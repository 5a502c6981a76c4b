"""The day of the simulated floor: who dials when, and what comes of it.

Work is 09:00–12:00 and 13:30–17:30 in the floor's zone, every day. Each agent is a script of its own:
comes, dials, pauses, redials, takes a coffee, goes to lunch, forgets the time; now and then a phone is without its
network for some minutes. What a dial will come to is
drawn beforehand from odds that follow the hour, the agent and the trunk. Numbers are made up (their middle
is 0000), and the same seed gives the same day.
"""

# ruff: noqa: S311 - the dice of a simulation: a seed must give the same day again

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from datetime import datetime, time, timedelta

from monitor.domain import HangupBy, Outcome
from monitor.pbx.simulator.centre import Centre, Line
from monitor.pbx.simulator.click import originate, originate_local
from monitor.pbx.simulator.colleagues import Internal, PassedOn, internal
from monitor.pbx.simulator.inbound import Inbound, Member, Queue, Queued, inbound, queued
from monitor.pbx.simulator.outbound import Dial, dial
from monitor.pbx.simulator.people import Habit, Person
from monitor.pbx.simulator.schedule import Script

MINUTE = 60.0
TRUNKS = ("trunk-a", "trunk-b")

#: From when in the morning the floor's day is planned: before the first can come.
DAWN = time(8, 40)
HALVES = ((time(9, 0), time(12, 0)), (time(13, 30), time(17, 30)))

#: The chance of an answer by the hour; people are easiest to reach late in the morning and the afternoon.
CONNECT_ODDS = {
    **{8: 0.29, 9: 0.32, 10: 0.36, 11: 0.34},
    **{13: 0.31, 14: 0.33, 15: 0.35, 16: 0.36, 17: 0.33},
}

#: What becomes of a dial that nobody answers.
UNANSWERED_ODDS = {
    Outcome.NO_ANSWER: 50,
    Outcome.CANCELLED: 17,
    Outcome.REJECTED: 13,
    Outcome.BUSY: 12,
    Outcome.INVALID_NUMBER: 6,
    Outcome.CONGESTION: 2,
}

#: When trunk-b is short of channels (hour, from minute, to minute): calls fail there, or go over to trunk-a.
TROUBLE = ((10, 35, 50), (15, 10, 30))

_PREFIXES = ("138", "139", "136", "158", "186", "177")
_BAD_LINES = {"trunk-b": Line(loss_percent=1.4, jitter_ms=17.0, rtt_ms=120.0)}


class Floor:
    """The people and what they do; ``open`` plans a day after the other, for ever."""

    def __init__(self, centre: Centre, people: Sequence[Person], seed: int = 1) -> None:
        self.centre = centre
        self.people = list(people)
        self._seed = seed
        self._dice = random.Random(f"{seed}/floor")
        self._queue = Queue("500", login_time=int(centre.exchange.now))
        self._owed: list[tuple[float, str]] = []
        self._members = {person.phone.extension: Member(person.phone) for person in self.people}
        centre.line_of = self._line
        for person in self.people:
            state = "UNAVAILABLE" if person.habit is Habit.UNREACHABLE else "NOT_INUSE"
            centre.exchange.devices[person.phone.device] = state

    def open(self) -> None:
        """Begin with today, as far as it is not over, and go on with every day that follows."""
        self.centre.exchange.schedule.spawn(self._days())

    def _days(self) -> Script:
        x = self.centre.exchange
        day = datetime.fromtimestamp(x.now, self.centre.zone).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        while True:
            at = datetime.combine(day, DAWN, self.centre.zone).timestamp()
            yield max(0.0, at - x.now)
            for person in self.people:
                if person.habit is not Habit.UNREACHABLE:
                    dice = random.Random(f"{self._seed}/{day:%Y%m%d}/{person.phone.extension}")
                    for number, half in enumerate(HALVES):
                        comes, goes = self._hours(person, dice, day, half, afternoon=number == 1)
                        loose = self._loose_cable(person, day, comes, afternoon=number == 1)
                        x.schedule.spawn_at(self._work(person, dice, goes, loose), comes)
            for begin, end in HALVES:
                opens = datetime.combine(day, begin, self.centre.zone).timestamp()
                closes = datetime.combine(day, end, self.centre.zone).timestamp()
                x.schedule.spawn_at(self._callers(closes), opens)
                x.schedule.spawn_at(self._chatter(closes), opens)
            day += timedelta(days=1)

    # ------------------------------------------------------------------ hours

    def _hours(
        self, person: Person, dice: random.Random, day: datetime, half: tuple[time, time], *, afternoon: bool
    ) -> tuple[float, float]:
        """When this agent begins to dial and stops, in this half of the day."""
        zone = self.centre.zone
        start = datetime.combine(day, half[0], zone).timestamp()
        end = datetime.combine(day, half[1], zone).timestamp()
        delay = dice.uniform(0.5, 8.5)
        if person.habit is Habit.EARLY:
            delay = dice.uniform(-13.0, -2.0)
        elif person.habit is Habit.LATE:
            delay = dice.uniform(12.0, 26.0)
        elif person.habit is Habit.FORGETFUL:
            delay = dice.uniform(25.0, 36.0) if afternoon else dice.uniform(4.0, 9.0)
        elif afternoon:
            delay = dice.uniform(1.0, 17.0)
        return start + delay * MINUTE, end - dice.uniform(0.0, 4.0) * MINUTE

    def _loose_cable(
        self, person: Person, day: datetime, comes: float, *, afternoon: bool
    ) -> tuple[float, float]:
        """When this agent's phone loses its network, and for how long (seconds); 0 for not at all.

        Dice of its own: without it the day is the same.
        """
        dice = random.Random(f"{self._seed}/{day:%Y%m%d}/{person.phone.extension}/cable{afternoon:d}")
        sure = not afternoon and next((p for p in self.people if p.habit is Habit.EARLY), None) is person
        begin, minutes = comes + dice.uniform(25, 60) * MINUTE, dice.uniform(6, 19)
        return begin, minutes * MINUTE if sure or dice.random() < 0.04 else 0.0

    def _work(
        self, person: Person, dice: random.Random, end: float, loose: tuple[float, float] = (0.0, 0.0)
    ) -> Script:
        """Half a day of one agent."""
        x = self.centre.exchange
        coffee = dice.uniform(x.now, end) if person.habit is not Habit.IDLE else x.now + 20 * MINUTE
        while x.now < end:
            if person.busy:
                yield dice.uniform(4.0, 12.0)
                continue
            if loose[1] and x.now >= loose[0]:
                person.absent = True
                x.set_device(person.phone.device, "UNAVAILABLE")
                yield loose[1]
                x.set_device(person.phone.device, "NOT_INUSE")
                person.absent, loose = False, (0.0, 0.0)
                continue
            if x.now >= coffee:
                coffee = x.now + dice.uniform(45, 90) * MINUTE if person.habit is Habit.IDLE else end
                person.absent = True
                yield (
                    dice.uniform(14, 28) * MINUTE
                    if person.habit is Habit.IDLE
                    else dice.uniform(4, 11) * MINUTE
                )
                person.absent = False
                continue
            person.busy = True
            answered = yield from self._dial(person, dice)
            person.busy = False
            pause = person.pause_seconds * (1.15 if answered else 0.8)
            yield max(6.0, dice.lognormvariate(0.0, 0.55) * pause)

    # ------------------------------------------------------------------ outbound

    def _dial(self, person: Person, dice: random.Random) -> Generator[float, None, bool]:
        """One dial; whether it was answered."""
        redial = person.last_number is not None and dice.random() < person.redial_share
        if redial and person.last_number:
            number = person.last_number
        else:
            number = _number(dice)
            number = self._owed_number() or number
        plan = self._plan(person, dice, number)
        before = len(self.centre.truth)
        way = dice.random()
        plain = plan.transfer is None and plan.failed_trunk is None and not plan.holds
        if plain and way < 0.03 and plan.outcome is Outcome.ANSWERED:
            yield from originate_local(self.centre, plan, dice.uniform(1.0, 4.0))
        elif plain and way < 0.10:
            unheard = dice.random() < 0.04
            yield from originate(self.centre, plan, None if unheard else dice.uniform(1.0, 5.0))
        else:
            yield from dial(self.centre, plan)
        person.last_number = number if plan.outcome in (Outcome.NO_ANSWER, Outcome.BUSY) else None
        call = self.centre.truth[before]
        return call.outcome is Outcome.ANSWERED

    def _plan(self, person: Person, dice: random.Random, number: str) -> Dial:
        outcome, trunk, failed = self._fate(person, dice)
        delay = min(6.0, dice.lognormvariate(0.4, 0.5))
        ring: float | None = min(50.0, dice.lognormvariate(2.3, 0.5))
        talk, timed_out, early = 0.0, False, dice.random() < 0.25
        by, transfer = HangupBy.AGENT, None
        holds: tuple[tuple[float, float], ...] = ()
        if outcome is Outcome.ANSWERED:
            talk = _talk(dice, person.talk_seconds)
            by = HangupBy.REMOTE if dice.random() < 0.58 else HangupBy.AGENT
            if talk > 40 and dice.random() < 0.10:
                begin = dice.uniform(8.0, talk / 2)
                holds = ((begin, dice.uniform(4.0, min(45.0, talk - begin - 1))),)
            if talk > 30 and dice.random() < 0.02:
                transfer = self._transfer(person, dice)
        elif outcome is Outcome.CANCELLED:
            ring = None if dice.random() < 0.12 else person.patience_seconds * dice.uniform(0.3, 1.0)
        elif outcome is Outcome.NO_ANSWER:
            timed_out = dice.random() < 0.55
            ring = dice.uniform(38.0, 44.0) if timed_out else dice.uniform(28.0, 55.0)
        elif outcome is Outcome.REJECTED:
            ring = dice.uniform(2.0, 15.0)
        elif outcome is Outcome.BUSY:
            ring = dice.uniform(2.0, 8.0) if dice.random() < 0.4 else None
        elif outcome is Outcome.INVALID_NUMBER:
            ring, early = dice.uniform(4.0, 11.0), True
        else:
            ring = None
        return Dial(
            agent=person.phone,
            number=number,
            trunk=trunk,
            outcome=outcome,
            delay_seconds=delay,
            ring_seconds=ring,
            early_media=early and ring is not None and transfer is None,
            timed_out=timed_out,
            failed_trunk=failed,
            talk_seconds=talk,
            hangup_by=by,
            holds=holds,
            transfer=transfer,
        )

    def _fate(self, person: Person, dice: random.Random) -> tuple[Outcome, str, str | None]:
        """Outcome, trunk, and the trunk that failed before it."""
        local = datetime.fromtimestamp(self.centre.exchange.now, self.centre.zone)
        trunk = TRUNKS[dice.random() < 0.32]
        failed = None
        short = any(hour == local.hour and begin <= local.minute < end for hour, begin, end in TROUBLE)
        if trunk == "trunk-b" and short and dice.random() < 0.55:
            if dice.random() < 0.5:
                return Outcome.CONGESTION, trunk, None
            trunk, failed = "trunk-a", "trunk-b"
        if dice.random() < CONNECT_ODDS.get(local.hour, 0.3) * person.skill:
            return Outcome.ANSWERED, trunk, failed
        return dice.choices(list(UNANSWERED_ODDS), list(UNANSWERED_ODDS.values()))[0], trunk, failed

    def _transfer(self, person: Person, dice: random.Random) -> PassedOn | None:
        """To a colleague who is free now, and is kept free until the call has come over."""
        colleague = self._free(dice, besides=person)
        if colleague is None:
            return None
        ring, talk = dice.uniform(2.0, 7.0), _talk(dice, 60.0)
        self.centre.exchange.schedule.spawn(_reserved(self.centre, colleague, person))
        return PassedOn(
            to=colleague.phone, ring_seconds=ring, talk_seconds=talk, by_refer=dice.random() < 0.8
        )

    # ------------------------------------------------------------------ everything else

    def _callers(self, until: float) -> Script:
        """Customers who call: back to the agent who had dialled them, or to the queue."""
        dice = self._dice
        while self.centre.exchange.now < until:
            yield dice.expovariate(len(self.people) / (55 * MINUTE))
            person = self._free(dice)
            if person is None or self.centre.exchange.now >= until:
                continue
            if dice.random() < 0.3:
                self.centre.exchange.schedule.spawn(self._to_queue(dice, person))
            else:
                self.centre.exchange.schedule.spawn(self._back(dice, person))

    def _back(self, dice: random.Random, person: Person) -> Script:
        number = _number(dice)
        plan = Inbound(
            number=number,
            name=number,
            trunk=TRUNKS[dice.random() < 0.3],
            to=person.phone,
            ring_seconds=dice.uniform(2.0, 14.0),
            answered=dice.random() < 0.78,
            talk_seconds=_talk(dice, 55.0),
            hangup_by=HangupBy.REMOTE if dice.random() < 0.6 else HangupBy.AGENT,
        )
        yield from _occupied(inbound(self.centre, plan), (person,))
        self._owe(number, plan.answered)

    def _to_queue(self, dice: random.Random, person: Person) -> Script:
        others = [each for each in self.people if each is not person and self._is_free(each)]
        rung = [person, *dice.sample(others, min(len(others), 2))]
        members = tuple(self._members[each.phone.extension] for each in rung)
        number = _number(dice)
        plan = Queued(
            number=number,
            name=number,
            trunk="trunk-a",
            queue=self._queue,
            members=members,
            ring_seconds=dice.uniform(2.0, 13.0),
            answered_by=members[0] if dice.random() < 0.8 else None,
            talk_seconds=_talk(dice, 60.0),
        )
        yield from _occupied(queued(self.centre, plan), rung)
        self._owe(number, plan.answered_by is not None)

    def _owe(self, number: str, answered: bool) -> None:
        """Most callers whom nobody answered are called back by whoever dials next, once the note is read."""
        dice = random.Random(f"{self._seed}/{number}/owed")  # of its own: without it the day is the same
        if not answered and dice.random() < 0.7:
            self._owed.append((self.centre.exchange.now + dice.uniform(3.0, 40.0) * MINUTE, number))

    def _owed_number(self) -> str | None:
        """The number of a caller who is due to be called back."""
        due = next((each for each in self._owed if each[0] <= self.centre.exchange.now), None)
        if due is None:
            return None
        self._owed.remove(due)
        return due[1]

    def _chatter(self, until: float) -> Script:
        """Colleagues who call each other."""
        dice = self._dice
        while self.centre.exchange.now < until:
            yield dice.expovariate(len(self.people) / (140 * MINUTE))
            caller = self._free(dice)
            callee = self._free(dice, besides=caller) if caller is not None else None
            if caller is None or callee is None or self.centre.exchange.now >= until:
                continue
            plan = Internal(
                caller=caller.phone,
                callee=callee.phone,
                ring_seconds=dice.uniform(2.0, 10.0),
                answered=dice.random() < 0.75,
                talk_seconds=_talk(dice, 35.0),
                hangup_by=HangupBy.AGENT if dice.random() < 0.5 else HangupBy.REMOTE,
            )
            self.centre.exchange.schedule.spawn(_occupied(internal(self.centre, plan), (caller, callee)))

    def _free(self, dice: random.Random, besides: Person | None = None) -> Person | None:
        free = [person for person in self.people if person is not besides and self._is_free(person)]
        return dice.choice(free) if free else None

    def _is_free(self, person: Person) -> bool:
        return not person.busy and not person.absent and person.habit is not Habit.UNREACHABLE

    def _line(self, endpoint: str) -> Line:
        """Some lines are bad: the second trunk in the afternoon, and one agent in eleven at home on Wi-Fi."""
        local = datetime.fromtimestamp(self.centre.exchange.now, self.centre.zone)
        if endpoint in _BAD_LINES and local.hour >= 14:
            return _BAD_LINES[endpoint]
        if endpoint.isdigit() and int(endpoint) % 11 == 0:
            return Line(loss_percent=2.6, jitter_ms=24.0, rtt_ms=70.0)
        return Line()


def _occupied(script: Script, people: Sequence[Person]) -> Script:
    """A call that has these people's phones until it ends."""
    for person in people:
        person.busy = True
    yield from script
    for person in people:
        person.busy = False


def _reserved(centre: Centre, colleague: Person, giver: Person) -> Script:
    """Keep a colleague free for a transfer; over when the one who transfers has no call any more."""
    colleague.busy = True
    yield 1.0
    while giver.busy or centre.exchange.channels_of(colleague.phone.device):
        yield 1.0
    colleague.busy = False


def _talk(dice: random.Random, median: float) -> float:
    """Talk time: a tenth are over in seconds (voicemail, wrong person), the rest log-normal."""
    if dice.random() < 0.12:
        return dice.uniform(1.5, 6.0)
    return min(1500.0, max(3.0, median * dice.lognormvariate(0.0, 0.85)))


def _number(dice: random.Random) -> str:
    return f"{dice.choice(_PREFIXES)}0000{dice.randrange(10_000):04d}"
