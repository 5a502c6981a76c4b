"""Changes of the roster from a date on, targets with their validity, overtime."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import and_, delete, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.duty import Overtime
from monitor.store.discipline import Audited, write_audit
from monitor.store.engine import insert_for, transaction
from monitor.store.people import Facts, facts_row, name_teams, read_roster
from monitor.store.schema import AssignmentRow, OvertimeRow, PersonRow, TargetRow, TeamRow

TARGETS = ("connect_rate", "dials", "connects", "effective_connects", "talk_minutes")


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """From ``valid_from`` on a person has a seat; ``agent`` (``pbx/extension``) empty: the person leaves.

    ``person`` 0 is somebody new. What was entered for a later time, for the person or the extension, still
    comes; what holds now is cut.
    """

    person: int = 0
    facts: Facts
    agent: str = ""
    team: str = ""
    lead: bool = False
    valid_from: float


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a person, each agent of a team, or (neither) each of the site, a day, week or month.

    It holds from ``valid_from`` until the next of the same scope and period; one without any value ends it.
    """

    team: str = ""
    person: int = 0
    period: str
    valid_from: date
    connect_rate: float | None = None
    dials: float | None = None
    connects: float | None = None
    effective_connects: float | None = None
    talk_minutes: float | None = None
    entered_by: str = ""
    entered_at: float = 0.0


class StaffStore:
    """Every method may raise ``StoreError``, as the store's own do."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # ------------------------------------------------------------------ seats

    async def move(
        self, moves: Sequence[Move], who: str, at: float, teams: dict[str, str] | None = None
    ) -> list[int]:
        """Change the roster, all in one transaction; gives the persons' ids. ``teams`` get these names.

        What the first moves into an empty roster say is told for all time by ``valid_from`` 0.
        """
        ids = []
        async with transaction(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                # Two who change the roster at a time would cut each other's seats unseen.
                await connection.execute(text("LOCK TABLE assignments IN SHARE ROW EXCLUSIVE MODE"))
            roster = await read_roster(connection)
            if teams:
                begin = at if roster.assignments else 0.0
                await name_teams(connection, roster.teams | teams, roster, begin, at)
            for each in moves:
                person = each.person
                if person:
                    await connection.execute(
                        update(PersonRow).where(PersonRow.id == person).values(facts_row(each.facts))
                    )
                else:
                    created = await connection.execute(
                        insert(PersonRow).values(facts_row(each.facts)).returning(PersonRow.id)
                    )
                    person = int(created.scalar_one())
                ids.append(person)
                await _seat(connection, each, person)
                words = f"{each.agent or '-'} {each.team} {each.valid_from:.0f}{' lead' if each.lead else ''}"
                await write_audit(connection, Audited(at, who, "roster", f"person/{person}", words))
        return ids

    async def rename_team(self, team: str, name: str, who: str, at: float) -> None:
        """A team has another name from ``at`` on; one that is unknown is made."""
        async with transaction(self._engine) as connection:
            roster = await read_roster(connection)
            await name_teams(connection, {**roster.teams, team: name}, roster, at, at)
            await write_audit(connection, Audited(at, who, "team_named", f"team/{team}", name))

    async def team_names(self) -> dict[str, str]:
        """Every team there ever was, by its newest name."""
        query = select(TeamRow.id, TeamRow.name).order_by(TeamRow.valid_from)
        async with transaction(self._engine) as connection:
            return {row.id: row.name for row in await connection.execute(query)}

    # ------------------------------------------------------------------ targets

    async def targets(self) -> list[Target]:
        """All targets, in order of the day they hold from."""
        query = select(TargetRow.__table__).order_by(
            TargetRow.valid_from, TargetRow.team_id, TargetRow.person_id, TargetRow.period
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Target(
                team=row.team_id,
                person=row.person_id,
                period=row.period,
                valid_from=date.fromisoformat(row.valid_from),
                entered_by=row.entered_by,
                entered_at=row.entered_at,
                **{name: getattr(row, name) for name in TARGETS},
            )
            for row in rows
        ]

    async def put_target(self, target: Target) -> None:
        """Enter a target; one of the same scope, period and day is replaced. The audit has it."""
        values = {name: getattr(target, name) for name in TARGETS}
        key = {
            "team_id": target.team,
            "person_id": target.person,
            "period": target.period,
            "valid_from": target.valid_from.isoformat(),
        }
        row = {**key, **values, "entered_by": target.entered_by, "entered_at": target.entered_at}
        statement = insert_for(self._engine)(TargetRow)
        upsert = statement.on_conflict_do_update(
            index_elements=list(key), set_={name: statement.excluded[name] for name in row if name not in key}
        )
        said = ", ".join(f"{name} {value:g}" for name, value in values.items() if value is not None)
        entry = Audited(target.entered_at, target.entered_by, "target", _subject(target), said or "-")
        async with transaction(self._engine) as connection:
            await connection.execute(upsert, [row])
            await write_audit(connection, entry)

    async def remove_target(self, target: Target, who: str, at: float) -> bool:
        """Take a target away as if it had never been; false if there is none."""
        async with transaction(self._engine) as connection:
            removed = await connection.execute(
                delete(TargetRow).where(
                    TargetRow.team_id == target.team,
                    TargetRow.person_id == target.person,
                    TargetRow.period == target.period,
                    TargetRow.valid_from == target.valid_from.isoformat(),
                )
            )
            if removed.rowcount:
                await write_audit(connection, Audited(at, who, "target_removed", _subject(target), ""))
        return removed.rowcount > 0

    # ------------------------------------------------------------------ overtime

    async def overtime(self, start: float, end: float, *, withdrawn: bool = False) -> list[Overtime]:
        """Overtime that touches ``[start, end)``, in order."""
        where = [OvertimeRow.starts_at < end, OvertimeRow.ends_at > start]
        if not withdrawn:
            where.append(OvertimeRow.withdrawn_at.is_(None))
        query = select(OvertimeRow.__table__).where(*where).order_by(OvertimeRow.starts_at, OvertimeRow.id)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Overtime(
                id=row.id,
                team=row.team_id,
                person=row.person_id,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                dial_by_at=row.dial_by_at,
                reason=row.reason,
                entered_by=row.entered_by,
                entered_at=row.entered_at,
                withdrawn_at=row.withdrawn_at,
            )
            for row in rows
        ]

    async def add_overtime(self, each: Overtime) -> int:
        """Enter overtime; gives its id."""
        row = {
            "team_id": each.team,
            "person_id": each.person,
            "starts_at": each.starts_at,
            "ends_at": each.ends_at,
            "dial_by_at": each.dial_by_at,
            "reason": each.reason,
            "entered_by": each.entered_by,
            "entered_at": each.entered_at,
        }
        async with transaction(self._engine) as connection:
            created = await connection.execute(insert(OvertimeRow).values(row).returning(OvertimeRow.id))
            made = int(created.scalar_one())
            entry = Audited(each.entered_at, each.entered_by, "overtime", f"overtime/{made}", each.reason)
            await write_audit(connection, entry)
        return made

    async def withdraw_overtime(self, overtime: int, who: str, at: float, why: str = "") -> Overtime | None:
        """Take overtime back; ``None`` if there is none, or it was taken back before."""
        async with transaction(self._engine) as connection:
            changed = await connection.execute(
                update(OvertimeRow)
                .where(OvertimeRow.id == overtime, OvertimeRow.withdrawn_at.is_(None))
                .values(withdrawn_at=at)
            )
            if not changed.rowcount:
                return None
            await write_audit(connection, Audited(at, who, "overtime_withdrawn", f"overtime/{overtime}", why))
        known = await self.overtime(float("-inf"), float("inf"), withdrawn=True)
        return next(each for each in known if each.id == overtime)


def _subject(target: Target) -> str:
    whose = f"person/{target.person}" if target.person else target.team or "site"
    return f"target/{whose}/{target.period}/{target.valid_from.isoformat()}"


async def _seat(connection: AsyncConnection, move: Move, person: int) -> None:
    at = move.valid_from
    pbx, _, extension = move.agent.partition("/")
    table = AssignmentRow
    on_seat = and_(table.pbx == pbx, table.extension == extension)
    rows = (
        await connection.execute(select(table.__table__).where(or_(table.person_id == person, on_seat)))
    ).all()
    there = [row for row in rows if row.valid_from <= at and (row.valid_to is None or at < row.valid_to)]
    wanted = [(person, pbx, extension, move.team, move.lead)]
    if [(row.person_id, row.pbx, row.extension, row.team_id, row.lead) for row in there] == wanted:
        return
    # From this instant on: what holds then is cut there, what began then is replaced.
    for row in there:
        this = table.id == row.id
        if row.valid_from < at:
            await connection.execute(update(table).where(this).values(valid_to=at))
        else:
            await connection.execute(delete(table).where(this))
    if not move.agent:
        await connection.execute(delete(table).where(table.person_id == person, table.valid_from >= at))
        return
    later = [row.valid_from for row in rows if row.valid_from > at]
    await connection.execute(
        insert(table).values(
            pbx=pbx,
            extension=extension,
            person_id=person,
            team_id=move.team,
            valid_from=at,
            valid_to=min(later, default=None),
            lead=move.lead,
        )
    )
