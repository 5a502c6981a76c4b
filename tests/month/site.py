"""The world in the product's own terms: settings, roster, calendar, absences, and all calls through its writer."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from monitor import attendance
from monitor.config import Settings
from monitor.domain import Call, Change, Gap, Outage, Phase
from monitor.duty import Absence, AbsenceKind, OwnDay
from monitor.store.store import Store
from monitor.store.writer import Writer

from . import world as rules
from .world import FIRST, LAST, World, at, days

Look = Callable[[date, str, float, dict[str, Call]], Awaitable[None]]

MARKS = ("09:20", "13:55", "18:00", "24:00")
"""When a day's calls are written, and the day is decided: in between calls go on."""


def settings_of(world: World, teams: dict[str, list[tuple[str, str]]]) -> Settings:
    """The settings while the teams were these."""
    made: list[dict[str, Any]] = []
    for team, rule in world.teams.items():
        working: dict[str, Any] = {}
        if rule.weekdays is not None:
            working = {"weekdays": rule.weekdays}
        elif rule.rota is not None:
            working = {"rota": rule.rota, "rota_from": rule.rota_from}
        agents = [
            {"pbx": place.partition("/")[0], "extension": place.partition("/")[2], "name": name}
            for place, name in teams[team]
        ]
        made.append(
            {
                "id": team,
                "name": f"{team}组",
                "agents": agents,
                "shifts": rule.shifts,
                "targets": rule.targets,
            }
            | ({"working": working} if working else {})
        )
    shifts = [
        {
            "id": key,
            "name": key,
            "start": rule.start,
            "end": rule.to,
            "dial_by": rule.dial_by,
            "counts_from": rule.counts_from,
            "grace_minutes": rule.grace,
            "breaks": [{"start": start, "end": end} for start, end in rule.breaks],
            "days": rule.weekdays,
        }
        for key, rule in rules.SHIFTS.items()
    ]
    pbx = {"host": "127.0.0.1", "username": "d", "agents": ["PJSIP/8*"], "trunks": ["PJSIP/trunk-*"]}
    return Settings.model_validate(
        {
            "site": {
                "name": "模拟",
                "targets": rules.SITE_TARGETS,
                "effective_seconds": rules.EFFECTIVE_SECONDS,
            },
            "calendar": {"country": "CN", "weekdays": rules.SITE_WEEKDAYS},
            "discipline": {
                "tiers": [{"name": name, "from_minute": begins} for name, begins in rules.TIERS],
                "monthly_grace_count": rules.GRACE_COUNT,
                "monthly_grace_minutes": rules.GRACE_MINUTES,
            },
            "shift": shifts,
            "team": made,
            "pbx": [{"name": name, **pbx} for name in ("main", "west")],
        }
    )


class Site:
    """A store that a month is lived in."""

    def __init__(self, world: World, store: Store, folder: Path) -> None:
        self.world = world
        self.store = store
        self._writer = Writer(store, folder, 1 << 26)
        self._changes = list(world.changes)
        self.settings = settings_of(world, self._changes[0][1])

    async def begin(self) -> None:
        """Days by hand, absences and who is watched since when, as far as they are known before."""
        store, world = self.store, self.world
        await self._roster(at(FIRST, "00:00") - 86400)
        people = await self.people()
        for pbx, begun in world.watched_from.items():
            await store.discipline.begin_check(pbx, begun)
        await store.discipline.put_own_days(
            [
                OwnDay(day=d.day, working=d.working, name=d.title, team=d.team, person=people[d.name] if d.name else 0)
                for d in world.by_hand
            ]
        )  # fmt: skip
        # Who is not there yet is entered when there.
        await self._absences(
            [each for each in world.away if each.name in people and each.kind != "exception"]
        )

    async def live(self, look: Look | None = None) -> None:
        """All days; ``look`` is called after each mark with the day, the mark, the instant and the calls known."""
        later = [call for call in self.world.calls if call.id in self.world.found_later]
        waiting = deque(call for call in self.world.calls if call.id not in self.world.found_later)
        heard: dict[str, Call] = {}
        going: list[Call] = []
        for day in days(FIRST - timedelta(days=1), LAST):
            for mark in MARKS:
                now = at(day, "00:00", plus=86400) if mark == "24:00" else at(day, mark)
                await self._roster(now)
                troubles: list[Gap | Outage] = [*self.world.gaps, *self.world.outages]
                news: list[Change] = [known(each, now) for each in troubles if each.started_at < now]
                news += going
                going = []
                while waiting and waiting[0].started_at < now:
                    call = waiting.popleft()
                    if call.ended_at is not None and call.ended_at >= now:
                        going.append(call)
                        call = begun(call)
                    news.append(call)
                await self.write(news)
                heard |= {change.id: change for change in news if isinstance(change, Call)}
                if look is not None:
                    await look(day, mark, now, heard)
            end = at(day, "00:00", plus=86400)
            await attendance.settle(self.store, self.settings, [day - timedelta(days=1), day], end)
        await self.write([*going, *waiting])  # the last night goes on into November
        self.now = at(LAST, "00:00", plus=86400 + 4 * 3600)
        # What nobody heard is found in the PBX's records; what a lead excused is excused.
        await self.write(list(later))
        people = await self.people()
        there = {each.name for each in self.world.sittings if each.start == 0.0}
        await self._absences([e for e in self.world.away if e.name in people and (e.kind == "exception" or e.name not in there)])  # fmt: skip
        await attendance.settle_past(self.store, self.settings, at(FIRST, "00:00"), self.now, self.now)

    async def write(self, news: list[Change]) -> None:
        """Through the writer, in its transactions."""
        self._writer.put(news)
        await self._writer.flush()

    async def people(self) -> dict[str, int]:
        """Ids by name."""
        return {each.name: each.person_id for each in (await self.store.roster()).assignments}

    async def _roster(self, now: float) -> None:
        while self._changes and self._changes[0][0] <= now:
            when, teams = self._changes.pop(0)
            self.settings = settings_of(self.world, teams)
            await self.store.sync_roster(self.settings, when)

    async def _absences(self, away: list[rules.Away]) -> None:
        people = await self.people()
        await self.store.discipline.add_absences(
            [
                Absence(
                    person=people[each.name],
                    kind=AbsenceKind(each.kind),
                    starts_at=each.start,
                    ends_at=each.end,
                    reason="模拟",
                    granted_by="主管",
                    withdrawn_at=each.end if each.withdrawn else None,
                )
                for each in away
            ]
        )


def known(gap: Gap | Outage, now: float) -> Gap | Outage:
    """A gap or an outage as it stood at an instant."""
    over = gap.ended_at is not None and gap.ended_at < now
    return gap if over else msgspec.structs.replace(gap, ended_at=None)


def begun(call: Call) -> Call:
    """A call as it was told while it went on."""
    segments = tuple(msgspec.structs.replace(each, ended_at=None) for each in call.segments[:1])
    return msgspec.structs.replace(
        call,
        phase=Phase.TALKING if call.answered_at is not None else Phase.DIALING,
        ended_at=None,
        outcome=None,
        segments=segments,
        talk_seconds=0.0,
    )
