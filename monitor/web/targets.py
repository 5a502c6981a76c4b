"""Targets of site, teams and people with their validity, and overtime."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from monitor import attendance
from monitor.access import Scope
from monitor.duty import Overtime
from monitor.metrics.targets import NAMES, PERIODS
from monitor.store.staff import Target
from monitor.web.context import AppContext
from monitor.web.discipline import People, who
from monitor.web.discipline_models import Reason
from monitor.web.faults import Refusal
from monitor.web.guard import Seen
from monitor.web.people_models import (
    NewOvertime,
    OvertimeRow,
    TargetKey,
    TargetRow,
    TargetValues,
)

_MOST_SECONDS = 36 * 3600.0
_EVER = "0001-01-01"


def router(context: AppContext) -> APIRouter:
    """The routes of targets and overtime."""
    routes = APIRouter(prefix="/api", tags=["people"])
    kept = context.store.staff

    def known(team: str, person: int, people: People) -> None:
        if person:
            people.row(person)
        elif team and not context.directory.has_team(team):
            raise Refusal(422, "bad_request", field="team")

    def seen(team: str, person: int, people: People, scope: Scope) -> bool:
        """What holds for the whole site is seen by everybody, what holds for a team by who is in it, too."""
        if person:
            return people.sees(person)
        own = people.team(scope.person) if scope.person is not None else None
        return not team or scope.team(team) or team == own

    @routes.get("/targets")
    async def targets(scope: Seen) -> list[TargetRow]:
        """All targets: those of the configuration, which hold for all time, and those entered from a day on."""
        people = await People.load(context, scope)
        configured = _configured(context)
        entered = [
            TargetRow(
                **{name: getattr(each, name) for name in ("team", "person", "period", "valid_from", *NAMES)},
                name=people.name(each.person) if each.person else "",
                team_name=context.directory.team_name(each.team) or "" if each.team else "",
                entered_by=each.entered_by,
            )
            for each in await kept.targets()
        ]
        return [each for each in (*configured, *entered) if seen(each.team, each.person, people, scope)]

    @routes.post("/targets", status_code=201)
    async def enter(wanted: TargetValues, request: Request, scope: Seen) -> TargetRow:
        """Enter a target from a day on; one of the same scope, period and day is replaced."""
        people = await People.load(context, scope)
        known(wanted.team, wanted.person, people)
        values = wanted.model_dump() | {"team": "" if wanted.person else wanted.team}
        await kept.put_target(Target(**values, entered_by=who(request), entered_at=context.now()))
        await context.plan_changed()
        return TargetRow(**values, name=people.name(wanted.person) if wanted.person else "")

    @routes.post("/targets/remove", status_code=204)
    async def remove(wanted: TargetKey, request: Request) -> None:
        """Take a target away as if it had never been entered."""
        gone = Target(**wanted.model_dump())
        if not await kept.remove_target(gone, who(request), context.now()):
            raise Refusal(404, "not_found")
        await context.plan_changed()

    def row(each: Overtime, people: People) -> OvertimeRow:
        return OvertimeRow(
            id=each.id,
            team=each.team,
            team_name=context.directory.team_name(each.team) or "" if each.team else "",
            person=each.person,
            name=people.name(each.person) if each.person else "",
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            dial_by_at=each.dial_by_at,
            reason=each.reason,
            entered_by=each.entered_by,
            withdrawn_at=each.withdrawn_at,
        )

    def mine(team: str, person: int, people: People, scope: Scope) -> None:
        """A lead enters overtime for the own teams and their people only. Raises ``Refusal``."""
        if person:
            people.must_see(person)
        elif not (scope.site or (team and scope.team(team))):
            raise Refusal(403, "not_yours")

    async def changed(each: Overtime) -> None:
        now = context.now()
        await attendance.settle_past(context.store, context.settings, each.starts_at, each.ends_at, now)
        await context.plan_changed()

    @routes.get("/overtime")
    async def overtime(
        scope: Seen,
        start: Annotated[float, Query(alias="from")],
        end: Annotated[float, Query(alias="to")],
    ) -> list[OvertimeRow]:
        """Overtime that touches a stretch of time, what was taken back too."""
        people = await People.load(context, scope)
        found = await kept.overtime(start, end, withdrawn=True)
        return [row(each, people) for each in found if seen(each.team, each.person, people, scope)]

    @routes.post("/overtime", status_code=201)
    async def enter_overtime(wanted: NewOvertime, request: Request, scope: Seen) -> OvertimeRow:
        """Enter overtime; nobody is late in it unless it has a deadline."""
        people = await People.load(context, scope)
        known(wanted.team, wanted.person, people)
        mine(wanted.team, wanted.person, people, scope)
        if not wanted.starts_at < wanted.ends_at <= wanted.starts_at + _MOST_SECONDS:
            raise Refusal(422, "bad_request", field="ends_at")
        if wanted.dial_by_at is not None and not wanted.starts_at <= wanted.dial_by_at < wanted.ends_at:
            raise Refusal(422, "bad_request", field="dial_by_at")
        each = Overtime(
            team="" if wanted.person else wanted.team,
            person=wanted.person,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            dial_by_at=wanted.dial_by_at,
            reason=wanted.reason,
            entered_by=who(request),
            entered_at=context.now(),
        )
        made = await kept.add_overtime(each)
        await changed(each)
        found = await kept.overtime(each.starts_at, each.ends_at)
        return row(next(one for one in found if one.id == made), people)

    @routes.post("/overtime/{overtime}/withdraw")
    async def withdraw(overtime: int, why: Reason, request: Request, scope: Seen) -> OvertimeRow:
        """Take overtime back; it stays to be seen."""
        known_ones = await kept.overtime(float("-inf"), float("inf"))
        for one in known_ones:
            if one.id == overtime:
                mine(one.team, one.person, await People.load(context, scope), scope)
        found = await kept.withdraw_overtime(overtime, who(request), context.now(), why.reason)
        if found is None:
            raise Refusal(404, "not_found")
        await changed(found)
        return row(found, await People.load(context, scope))

    return routes


def _configured(context: AppContext) -> list[TargetRow]:
    """The targets of the configuration, as rows."""
    site = context.settings.site

    def rows(own: Any, **whose: Any) -> list[TargetRow]:
        found = []
        for period, values in zip(PERIODS, (own, own.week, own.month), strict=True):
            each = {name: getattr(values, name) for name in NAMES}
            if any(value is not None for value in each.values()):
                found.append(TargetRow(period=period, valid_from=_EVER, source="config", **whose, **each))
        return found

    found = rows(site.targets)
    for team in context.directory.teams:
        found += rows(team.targets, team=team.id, team_name=team.name)
        for agent in team.agents:
            found += rows(agent.targets, team=team.id, team_name=team.name, name=agent.name)
    return found
