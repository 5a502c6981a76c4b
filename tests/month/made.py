"""Makes the month: the same for the same seed. People come late, change seats, are away; links break; calls go on."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import msgspec

from monitor.domain import (
    Call,
    Direction,
    Gap,
    GapReason,
    HangupBy,
    Leg,
    LegRole,
    Outage,
    OutageCause,
    Outcome,
    Phase,
    Segment,
)

from .world import (
    DAY,
    FIRST,
    HOLIDAYS,
    LAST,
    MAKE_UP,
    Away,
    ByHand,
    Sitting,
    TeamRule,
    World,
    at,
    bounds,
    day_of,
    days,
)

NOT_ANSWERED = [each for each in Outcome if each not in (Outcome.ANSWERED, Outcome.AGENT_UNANSWERED)]
WEST_BEGINS = date(2026, 10, 8), "11:00"
"""The second PBX was put in on this day, in mid-morning: before it nothing of it was heard."""


def teams_of(agents: int) -> dict[str, TeamRule]:
    """Teams of twelve: most on the main PBX by day, some on the west one, by night, by rota."""
    found: dict[str, TeamRule] = {}
    count = max(6, agents // 12)
    for number in range(count):
        extension = 8001 + 12 * number
        if number == 1:
            rule = TeamRule(
                "main", ("night",), 12, extension, weekdays=(0, 1, 2, 3, 4, 5), targets={"dials": 8}
            )
        elif number == 2:
            rule = TeamRule("west", DAY, 12, extension, rota=(4, 2), rota_from=date(2026, 9, 30))
        elif number == 3:
            rule = TeamRule("west", DAY, 12, extension, targets={"dials": 16, "effective_connects": 3})
        elif number % 7 == 4:
            rule = TeamRule("main", ("morning",), 12, extension, targets={"connect_rate": 0.4})
        else:
            rule = TeamRule("west" if number % 5 == 0 else "main", DAY, 12, extension)
        found[f"t{number:02}"] = rule
    return found


class Maker:
    """Draws one month."""

    def __init__(self, agents: int, per_shift: int, seed: int) -> None:
        self._dice = random.Random(seed)
        self._per_shift = per_shift
        self._serial = 0
        self.world = World(teams_of(agents))

    def month(self) -> World:
        """All of it."""
        world = self.world
        world.watched_from = {"main": 0.0, "west": at(*WEST_BEGINS)}
        self._seats()
        self._gaps()
        self._outages()
        self._by_hand()
        self._away()
        for day in days(FIRST - timedelta(days=1), LAST):
            for sitting in world.sittings:
                self._day(day, sitting)
        self._around_moves()
        self._unheard()
        world.calls.sort(key=lambda call: (call.started_at, call.id))
        return world

    # ------------------------------------------------------------------ people

    def _seats(self) -> None:
        """Everybody has a seat from ever; then people move."""
        seats: dict[tuple[str, str], tuple[str, str]] = {}
        number = 0
        for team, rule in self.world.teams.items():
            for place in range(rule.size):
                number += 1
                seats[rule.pbx, str(rule.first_extension + place)] = (f"坐席{number:03}", team)
        self._first = dict(seats)
        self._sit(0.0, {}, seats)

        def swap(one: tuple[str, str], other: tuple[str, str]) -> None:
            seats[one], seats[other] = (
                (seats[other][0], seats[one][1]),
                (seats[one][0], seats[other][1]),
            )

        rules = self.world.teams
        spot = {
            team: [(rule.pbx, str(rule.first_extension + i)) for i in range(12)]
            for team, rule in rules.items()
        }
        steps = [
            # In mid-shift two change seats, and with them teams and shifts.
            (at(date(2026, 10, 12), "10:17"), lambda: swap(spot["t00"][0], spot["t05"][0])),
            # Between the beginning to count and the deadline.
            (at(date(2026, 10, 13), "09:05"), lambda: swap(spot["t00"][1], spot["t00"][2])),
            # Three go over to another team, on their extensions, over noon.
            (at(date(2026, 10, 14), "12:30"), lambda: self._join(seats, spot["t00"][3:6], "t05")),
            # One moves to an extension that nobody had; somebody new takes the old one.
            (at(date(2026, 10, 16), "15:00"), lambda: self._move(seats, spot["t03"][2], ("west", "8990"), "新人一")),
            # One leaves; the extension is nobody's, and dials all the same.
            (at(date(2026, 10, 20), "00:00"), lambda: seats.pop(spot["t05"][11])),
            # In the night.
            (at(date(2026, 10, 22), "22:00"), lambda: swap(spot["t01"][0], spot["t01"][1])),
            (at(date(2026, 10, 23), "00:30"), lambda: swap(spot["t01"][2], spot["t01"][3])),
            # And to the other PBX.
            (at(date(2026, 10, 26), "13:48"), lambda: swap(spot["t00"][7], spot["t03"][7])),
        ]  # fmt: skip
        for when, step in steps:
            before = dict(seats)
            step()
            self._sit(when, before, seats)
        self.world.sittings.sort(key=lambda each: (each.start, each.pbx, each.extension))

    @staticmethod
    def _join(seats: dict[tuple[str, str], tuple[str, str]], whom: list[tuple[str, str]], team: str) -> None:
        for place in whom:
            seats[place] = (seats[place][0], team)

    @staticmethod
    def _move(
        seats: dict[tuple[str, str], tuple[str, str]], old: tuple[str, str], new: tuple[str, str], after: str
    ) -> None:
        name, team = seats[old]
        seats[new] = (name, team)
        seats[old] = (after, team)

    def _sit(
        self,
        when: float,
        before: dict[tuple[str, str], tuple[str, str]],
        after: dict[tuple[str, str], tuple[str, str]],
    ) -> None:
        sittings = self.world.sittings
        for place, who in before.items():
            if after.get(place) != who:
                number = next(
                    i for i, s in enumerate(sittings) if (s.pbx, s.extension) == place and s.end is None
                )
                sittings[number] = replace(sittings[number], end=when)
        for place, (name, team) in after.items():
            if before.get(place) != (name, team):
                sittings.append(Sitting(name, *place, team, when))
        by_team: dict[str, list[tuple[str, str]]] = {}
        for (pbx, extension), (name, team) in after.items():
            by_team.setdefault(team, []).append((f"{pbx}/{extension}", name))
        self.world.changes.append((when, by_team))

    # ------------------------------------------------------------------ what happens to days and links

    def _by_hand(self) -> None:
        self.world.by_hand = [
            ByHand(date(2026, 10, 7), True, "值班", team="t03"),  # works on a holiday
            ByHand(date(2026, 10, 17), True, "加班", team="t00"),  # a Saturday
            ByHand(date(2026, 10, 21), False, "团建", team="t05"),
            ByHand(date(2026, 10, 28), False, "停电"),
            ByHand(date(2026, 10, 28), True, "留守", team="t01"),
            ByHand(date(2026, 10, 29), False, "调休", name="坐席008"),
            ByHand(date(2026, 10, 24), True, "加班", name="坐席009"),
        ]

    def _gaps(self) -> None:
        spans = [
            ("main", date(2026, 10, 9), "08:50", 600),  # before the deadline only
            ("main", date(2026, 10, 12), "09:08", 300),  # over the deadline
            ("main", date(2026, 10, 15), "09:30", 1200),  # after it
            ("main", date(2026, 10, 15), "10:10", 60),
            ("main", date(2026, 10, 19), "16:00", 3 * 3600),  # to the end of the shift and on
            ("main", date(2026, 10, 22), "23:50", 1200),  # over midnight
            ("west", date(2026, 10, 13), "13:00", 3600),
            ("west", date(2026, 10, 20), "08:00", 6 * 3600),  # a whole half-day
            ("main", date(2026, 10, 23), "12:10", 900),  # in nobody's time
            ("main", date(2026, 10, 27), "09:10", 120),  # from the deadline on
            ("main", date(2026, 10, 30), "08:44", 60),  # ends as the window begins
        ]
        self.world.gaps = [
            Gap(
                pbx=pbx,
                started_at=at(day, clock),
                ended_at=at(day, clock, plus=length),
                reason=GapReason.LINK_LOST,
            )
            for pbx, day, clock, length in spans
        ]

    def _outages(self) -> None:
        """Phones that are down before, over and after deadlines, and while people move; all trunks of a PBX."""
        spans = [
            ("08:00", 7200),  # over the deadline, then back
            ("08:50", 1200),  # from before the window's end to its very deadline
            ("09:05", 600),
            ("09:10", 900),  # from the deadline on
            ("09:20", 3600),  # only after it
            ("08:30", 4 * 3600),  # the whole half-day
            ("13:20", 2400),
            ("21:05", 1500),
            ("23:50", 3600),  # over midnight
        ]
        phones = sorted({(each.pbx, each.extension) for each in self.world.sittings})
        found = []
        for pbx, phone in self._dice.sample(phones, len(phones) // 2):
            for day in self._dice.sample(days(), 3):
                clock, length = self._dice.choice(spans)
                found.append((pbx, OutageCause.EXTENSION, phone, day, clock, length))
        for each in self.world.sittings:  # and while somebody moves away
            if each.end is not None:
                day = day_of(each.end)
                start = at(day, "00:00")
                found.append(
                    (each.pbx, OutageCause.EXTENSION, each.extension, day, "00:00", each.end - start + 300)
                )
        found.append(("west", OutageCause.TRUNKS, "trunk-a, trunk-b", date(2026, 10, 14), "09:02", 1500))
        self.world.outages = [
            Outage(
                pbx=pbx,
                cause=cause,
                subject=subject,
                started_at=at(day, clock),
                ended_at=at(day, clock, plus=length),
            )
            for pbx, cause, subject, day, clock, length in found
        ]

    def _away(self) -> None:
        """Whole days, half days, hours; over the deadline, after it, before it; some taken back, two at a time."""
        names = sorted({each.name for each in self.world.sittings})
        kinds = ("leave", "leave", "leave", "training", "field_work", "exception")
        for _ in range(len(names)):
            name, kind = self._dice.choice(names), self._dice.choice(kinds)
            day = self._dice.choice(days())
            form = self._dice.randrange(6)
            if form == 0:
                start, end = at(day, "00:00"), at(day, "00:00", plus=86400 * self._dice.randint(1, 3))
            elif form == 1:
                start, end = at(day, "00:00"), at(day, "12:00")
            elif form == 2:
                start, end = at(day, "12:00"), at(day, "00:00", plus=86400)
            elif form == 3:  # begins or ends at a deadline, to the second
                by = at(day, self._dice.choice(["09:10", "13:50", "21:15"]))
                start, end = self._dice.choice([(by - 3600, by), (by, by + 60), (by + 1, by + 3600)])
            else:
                start = at(day, "08:00", plus=900 * self._dice.randrange(40))
                end = start + 900 * self._dice.randint(1, 12)
            self.world.away.append(Away(name, kind, start, end, withdrawn=self._dice.random() < 0.1))

    # ------------------------------------------------------------------ calls

    def _day(self, day: date, sitting: Sitting) -> None:
        """A day on an extension, as long as somebody sits there."""
        rule = self.world.teams[sitting.team]
        free = day in HOLIDAYS or (day.weekday() >= 5 and day not in MAKE_UP and rule.rota is None)
        if free and self._dice.random() < (0.2 if "night" in rule.shifts and day.weekday() == 5 else 0.96):
            return
        for shift in rule.shifts:
            self._half_day(day, shift, sitting)

    def _around_moves(self) -> None:
        """Who gives up or takes over an extension dials to the second before and after."""
        for sitting in self.world.sittings:
            if sitting.end is not None:
                for before in (300.0, 120.0, 0.25):
                    self._dial(sitting, sitting.end - before)
            if sitting.start:
                for after in (0.0, 90.0, 240.0):
                    self._dial(sitting, sitting.start + after)

    def _half_day(self, day: date, shift: str, sitting: Sitting) -> None:
        dice, when = self._dice, bounds(day, shift)
        drawn = dice.random()
        if drawn < 0.03:
            return  # never begins
        if drawn < 0.11:  # to the second
            begin = dice.choice(
                [when.counts_from - 0.25, when.counts_from, when.dial_by, when.dial_by + 0.25,
                 when.late_after, when.late_after + 0.25, when.dial_by + 60, when.dial_by + 60.25]
            )  # fmt: skip
        elif drawn < 0.22:
            begin = when.dial_by + dice.randrange(1, 5 * 240) / 4
        elif drawn < 0.32:
            begin = when.dial_by + dice.randrange(5 * 240, 110 * 240) / 4
        elif drawn < 0.34:
            begin = when.end - dice.randrange(-2, 3)  # as the shift ends
        else:
            begin = when.counts_from + dice.randrange(-600 * 4, int(when.dial_by - when.counts_from) * 4) / 4
        if dice.random() < 0.08:  # an inbound call goes on over the deadline, or ends at it
            earlier = dice.choice([30.0, 300.0, 900.0])
            self._inbound(
                sitting,
                when.dial_by - earlier,
                earlier + dice.choice([0.0, -5.0, 240.0, 1800.0]),
                answered=True,
            )
        moment = begin
        for number in range(self._per_shift):
            if number == 0 and dice.random() < 0.03:
                self._click(sitting, moment - 30)
            kind = dice.random() if number else 0.0
            if kind < 0.82:
                self._dial(sitting, moment)
            elif kind < 0.93:
                self._inbound(sitting, moment, dice.randrange(0, 1600) / 4, answered=dice.random() < 0.7)
            else:
                self._internal(sitting, moment)
            last = self.world.calls[-1] if self.world.calls else None
            reach = max(moment, (last.ended_at or moment) if last is not None else moment)
            left = max(60.0, when.end + 600 - reach) / max(1, self._per_shift - number)
            # Now and then a second call begins while the first goes on.
            moment = (moment + 2 if dice.random() < 0.05 else reach) + dice.randrange(
                1, int(left * 8) + 2
            ) / 4

    def _id(self, sitting: Sitting, started_at: float) -> str:
        self._serial += 1
        return f"{sitting.pbx}/{int(started_at)}.{self._serial}/1"

    def _put(self, sitting: Sitting, call: Call) -> None:
        # What is made when the seat is somebody else's is another sitting's to make; nobody's extension dials on.
        if sitting.start <= call.started_at and (sitting.end is None or call.started_at < sitting.end):
            self.world.calls.append(call)

    def _dial(self, sitting: Sitting, started_at: float) -> None:
        dice = self._dice
        answered = dice.random() < 0.35
        ring = dice.randrange(1, 160) / 4
        talk = dice.choice([0.25, 8.0, 29.75, 30.0, 65.5, dice.randrange(1, 2400) / 4]) if answered else 0.0
        segments: tuple[Segment, ...] = ()
        begun = started_at + ring
        ended_at = begun + talk
        if answered:
            segments = (Segment(agent=sitting.extension, started_at=begun, ended_at=ended_at),)
            if dice.random() < 0.08:  # handed on to a colleague
                other = self._colleague(sitting)
                then = ended_at + dice.choice([0.0, 3.0])
                ended_at = then + dice.randrange(1, 800) / 4
                segments += (Segment(agent=other, started_at=then, ended_at=ended_at),)
        over = not (answered and started_at > at(LAST, "16:00") and dice.random() < 0.1)
        if not over:  # goes on as the month is looked at
            segments = (*segments[:-1], Segment(agent=segments[-1].agent, started_at=segments[-1].started_at))
        self._put(
            sitting,
            Call(
                id=self._id(sitting, started_at),
                pbx=sitting.pbx,
                direction=Direction.OUTBOUND,
                agent=sitting.extension,
                number=f"138{dice.randrange(10**8):08}",
                trunk=dice.choice(["trunk-a", "trunk-b"]),
                phase=Phase.ENDED if over else Phase.TALKING,
                started_at=started_at,
                answered_at=begun if answered else None,
                ended_at=ended_at if over else None,
                ring_seconds=ring,
                talk_seconds=sum(s.ended_at - s.started_at for s in segments if s.ended_at is not None),
                outcome=None if not over else Outcome.ANSWERED if answered else dice.choice(NOT_ANSWERED),
                hangup_by=HangupBy.AGENT if over else HangupBy.UNKNOWN,
                segments=segments,
                complete=dice.random() > 0.01,
            ),
        )

    def _colleague(self, sitting: Sitting) -> str:
        rule = self.world.teams[sitting.team]
        return str(rule.first_extension + self._dice.randrange(rule.size))

    def _click(self, sitting: Sitting, started_at: float) -> None:
        """A click-to-dial whose agent never picked up: no dial."""
        self._put(
            sitting,
            Call(
                id=self._id(sitting, started_at),
                pbx=sitting.pbx,
                direction=Direction.OUTBOUND,
                agent=sitting.extension,
                click_to_dial=True,
                phase=Phase.ENDED,
                started_at=started_at,
                ended_at=started_at + 15,
                outcome=Outcome.AGENT_UNANSWERED,
            ),
        )

    def _inbound(self, sitting: Sitting, started_at: float, length: float, *, answered: bool) -> None:
        """Rings one or two phones; one answers, or nobody."""
        rung = [sitting.extension]
        if self._dice.random() < 0.2:
            rung.insert(0, self._colleague(sitting))
        ring = min(length, 6.0)
        begun, ended_at = started_at + ring, started_at + length
        legs = tuple(
            Leg(
                uniqueid=f"{started_at}.{each}",
                channel=f"PJSIP/{each}-1",
                role=LegRole.AGENT,
                endpoint=each,
                started_at=started_at + 0.25,
            )
            for each in dict.fromkeys(rung)
        )
        self._put(
            sitting,
            Call(
                id=self._id(sitting, started_at),
                pbx=sitting.pbx,
                direction=Direction.INBOUND,
                agent=sitting.extension if answered else None,
                number="13900000000",
                phase=Phase.ENDED,
                started_at=started_at,
                answered_at=begun if answered else None,
                ended_at=ended_at,
                ring_seconds=ring,
                talk_seconds=length - ring if answered else 0.0,
                outcome=Outcome.ANSWERED if answered else Outcome.NO_ANSWER,
                segments=(Segment(agent=sitting.extension, started_at=begun, ended_at=ended_at),) if answered else (),
                legs=legs,
            ),
        )  # fmt: skip

    def _internal(self, sitting: Sitting, started_at: float) -> None:
        length = self._dice.randrange(4, 400) / 4
        self._put(
            sitting,
            Call(
                id=self._id(sitting, started_at),
                pbx=sitting.pbx,
                direction=Direction.INTERNAL,
                agent=sitting.extension,
                number=self._colleague(sitting),
                phase=Phase.ENDED,
                started_at=started_at,
                answered_at=started_at + 2,
                ended_at=started_at + length + 2,
                ring_seconds=2.0,
                talk_seconds=length,
                outcome=Outcome.ANSWERED,
                segments=(Segment(agent=sitting.extension, started_at=started_at + 2, ended_at=started_at + 2 + length),),
            ),
        )  # fmt: skip

    def _unheard(self) -> None:
        """What lies in a gap nobody heard; a third of it the PBX's records bring later. Cut calls are incomplete."""
        kept = []
        west = at(*WEST_BEGINS)
        for call in self.world.calls:
            if call.pbx == "west" and call.started_at < west:
                continue
            ended_at = call.ended_at if call.ended_at is not None else float("inf")
            cut = [
                g for g in self.world.gaps
                if g.pbx == call.pbx and call.started_at < (g.ended_at or 0.0) and ended_at > g.started_at
            ]  # fmt: skip
            inside = [g for g in cut if g.started_at <= call.started_at and ended_at <= (g.ended_at or 0.0)]
            if inside:
                if self._dice.random() > 0.35:
                    continue
                self.world.found_later.add(call.id)
            elif cut:
                call = _incomplete(call)
            kept.append(call)
        self.world.calls = kept


def _incomplete(call: Call) -> Call:
    return msgspec.structs.replace(call, complete=False)


def month(agents: int = 300, per_shift: int = 5, seed: int = 20261001) -> World:
    """A simulated October of so many agents."""
    return Maker(agents, per_shift, seed).month()
