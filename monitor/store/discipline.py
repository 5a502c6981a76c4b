"""The check's part of the store: days by hand, absences, verdicts with their history, who did what.

Nothing is erased but days entered by hand: an absence is withdrawn, a verdict is followed by another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.domain import Call, Direction, Outcome
from monitor.duty import Absence, AbsenceKind, Finding, OwnDay
from monitor.store.calls import call_of
from monitor.store.engine import insert_for, transaction
from monitor.store.schema import AbsenceRow, AuditRow, CallRow, OwnDayRow, VerdictRow

_BEGUN = "check_begun"

Dial = tuple[str, str, float]
"""Id of a call, the extension (``pbx/extension``) that dialled, when."""


class Decided(msgspec.Struct, frozen=True):
    """A verdict as it was from ``decided_at`` on."""

    finding: Finding
    decided_at: float


class Audited(msgspec.Struct, frozen=True):
    """Who did what to what, when and why."""

    at: float
    who: str
    what: str
    subject: str
    why: str


class DisciplineStore:
    """Every method may raise ``StoreError``, as the store's own do."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # ------------------------------------------------------------------ days by hand

    async def own_days(self, start: date, end: date) -> list[OwnDay]:
        """Days entered by hand in ``[start, end]``, in order."""
        query = (
            select(OwnDayRow.__table__)
            .where(OwnDayRow.day >= start.isoformat(), OwnDayRow.day <= end.isoformat())
            .order_by(OwnDayRow.day, OwnDayRow.team_id, OwnDayRow.person_id)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            OwnDay(
                day=date.fromisoformat(row.day),
                working=row.working,
                name=row.name,
                team=row.team_id,
                person=row.person_id,
                official=row.official,
                entered_by=row.entered_by,
                entered_at=row.entered_at,
            )
            for row in rows
        ]

    async def put_own_days(self, days: Sequence[OwnDay]) -> None:
        """Enter days; one of the same day and scope is replaced. The audit has each."""
        rows = [
            {
                "day": each.day.isoformat(),
                "team_id": each.team,
                "person_id": each.person,
                "official": each.official,
                "working": each.working,
                "name": each.name,
                "entered_by": each.entered_by,
                "entered_at": each.entered_at,
            }
            for each in days
        ]
        if not rows:
            return
        statement = insert_for(self._engine)(OwnDayRow)
        changing = ("working", "name", "entered_by", "entered_at")
        upsert = statement.on_conflict_do_update(
            index_elements=["day", "team_id", "person_id", "official"],
            set_={name: statement.excluded[name] for name in changing},
        )
        async with transaction(self._engine) as connection:
            await connection.execute(upsert, rows)
            for each in days:
                what = "day_on" if each.working else "day_off"
                await write_audit(
                    connection, Audited(each.entered_at, each.entered_by, what, _subject(each), each.name)
                )

    async def remove_own_day(self, each: OwnDay, who: str, at: float) -> bool:
        """Take a day away; false if there is none for that day and scope."""
        async with transaction(self._engine) as connection:
            removed = await connection.execute(
                delete(OwnDayRow).where(
                    OwnDayRow.day == each.day.isoformat(),
                    OwnDayRow.team_id == each.team,
                    OwnDayRow.person_id == each.person,
                    OwnDayRow.official.is_(each.official),
                )
            )
            if removed.rowcount:
                await write_audit(connection, Audited(at, who, "day_removed", _subject(each), ""))
        return removed.rowcount > 0

    # ------------------------------------------------------------------ absences

    async def absences(
        self, start: float, end: float, *, person: int | None = None, withdrawn: bool = False
    ) -> list[Absence]:
        """Absences that touch ``[start, end)``, in order; ``withdrawn`` ones are left out unless asked for."""
        where = [AbsenceRow.starts_at < end, AbsenceRow.ends_at > start]
        if person is not None:
            where.append(AbsenceRow.person_id == person)
        if not withdrawn:
            where.append(AbsenceRow.withdrawn_at.is_(None))
        query = select(AbsenceRow.__table__).where(*where).order_by(AbsenceRow.starts_at, AbsenceRow.id)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Absence(
                id=row.id,
                person=row.person_id,
                kind=AbsenceKind(row.kind),
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                reason=row.reason,
                granted_by=row.granted_by,
                granted_at=row.granted_at,
                source=row.source,
                withdrawn_at=row.withdrawn_at,
            )
            for row in rows
        ]

    async def absence_sources(self, sources: Iterable[str]) -> dict[str, Absence]:
        """Absences known by their ids in the system they came from, withdrawn ones too."""
        wanted = set(sources)
        known = await self.absences(float("-inf"), float("inf"), withdrawn=True)
        return {each.source: each for each in known if each.source in wanted and each.source is not None}

    async def add_absences(self, found: Sequence[Absence]) -> list[int]:
        """Enter absences in one transaction; one whose source is known takes its place. Gives their ids."""
        ids = []
        async with transaction(self._engine) as connection:
            for each in found:
                row = {
                    "person_id": each.person,
                    "kind": each.kind.value,
                    "starts_at": each.starts_at,
                    "ends_at": each.ends_at,
                    "reason": each.reason,
                    "granted_by": each.granted_by,
                    "granted_at": each.granted_at,
                    "source": each.source,
                    "withdrawn_at": each.withdrawn_at,
                }
                known = None
                if each.source is not None:
                    known = await connection.scalar(
                        select(AbsenceRow.id).where(AbsenceRow.source == each.source)
                    )
                if known is None:
                    created = await connection.execute(
                        insert(AbsenceRow).values(row).returning(AbsenceRow.id)
                    )
                    known = int(created.scalar_one())
                else:
                    await connection.execute(update(AbsenceRow).where(AbsenceRow.id == known).values(row))
                ids.append(known)
                what = "absence_withdrawn" if each.withdrawn_at is not None else f"absence_{each.kind}"
                await write_audit(
                    connection,
                    Audited(each.granted_at, each.granted_by, what, f"absence/{known}", each.reason),
                )
        return ids

    async def withdraw_absence(self, absence_id: int, who: str, at: float, why: str = "") -> Absence | None:
        """Take an absence back; ``None`` if there is none, or it was taken back before."""
        async with transaction(self._engine) as connection:
            changed = await connection.execute(
                update(AbsenceRow)
                .where(AbsenceRow.id == absence_id, AbsenceRow.withdrawn_at.is_(None))
                .values(withdrawn_at=at)
            )
            if not changed.rowcount:
                return None
            await write_audit(connection, Audited(at, who, "absence_withdrawn", f"absence/{absence_id}", why))
        return await self.absence(absence_id)

    async def absence(self, absence_id: int) -> Absence | None:
        """One absence, taken back or not."""
        known = await self.absences(float("-inf"), float("inf"), withdrawn=True)
        return next((each for each in known if each.id == absence_id), None)

    # ------------------------------------------------------------------ verdicts

    async def verdicts(self, start: date, end: date, *, person: int | None = None) -> list[Decided]:
        """The verdicts in force on the days of ``[start, end]``, in order of day, person and shift."""
        where = [VerdictRow.day >= start.isoformat(), VerdictRow.day <= end.isoformat()]
        if person is not None:
            where.append(VerdictRow.person_id == person)
        newest = (
            select(func.max(VerdictRow.id))
            .where(*where)
            .group_by(VerdictRow.person_id, VerdictRow.day, VerdictRow.shift)
        )
        query = (
            select(VerdictRow.evidence, VerdictRow.decided_at)
            .where(VerdictRow.id.in_(newest))
            .order_by(VerdictRow.day, VerdictRow.person_id, VerdictRow.shift)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [Decided(_decode(row.evidence), row.decided_at) for row in rows]

    async def verdict_history(self, person: int, day: str, shift: str) -> list[Decided]:
        """All verdicts there were on a person and shift, the first one first."""
        query = (
            select(VerdictRow.evidence, VerdictRow.decided_at)
            .where(VerdictRow.person_id == person, VerdictRow.day == day, VerdictRow.shift == shift)
            .order_by(VerdictRow.id)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [Decided(_decode(row.evidence), row.decided_at) for row in rows]

    async def decide(self, found: Sequence[Finding], at: float) -> None:
        """Add verdicts to the history."""
        rows = [
            {
                "person_id": each.person,
                "day": each.day,
                "shift": each.shift,
                "verdict": each.verdict,
                "minutes": each.minutes,
                "evidence": msgspec.json.encode(each).decode(),
                "decided_at": at,
            }
            for each in found
        ]
        if rows:
            async with transaction(self._engine) as connection:
                await connection.execute(insert(VerdictRow), rows)

    async def last_decided_day(self) -> date | None:
        """The newest day with a verdict."""
        async with transaction(self._engine) as connection:
            found = await connection.scalar(select(func.max(VerdictRow.day)))
        return None if found is None else date.fromisoformat(found)

    async def first_decided_day(self) -> date | None:
        """The oldest day with a verdict: before it nothing was watched."""
        async with transaction(self._engine) as connection:
            found = await connection.scalar(select(func.min(VerdictRow.day)))
        return None if found is None else date.fromisoformat(found)

    # ------------------------------------------------------------------ evidence

    async def first_dials(self, start: float, end: float, agent: str | None = None) -> list[Dial]:
        """Each extension's first dial in ``[start, end)``; with several at one instant, all of them."""
        dials = and_(
            CallRow.started_at >= start,
            CallRow.started_at < end,
            CallRow.direction == Direction.OUTBOUND,
            CallRow.agent.is_not(None),
            or_(CallRow.outcome.is_(None), CallRow.outcome != Outcome.AGENT_UNANSWERED),
        )
        if agent is not None:
            pbx, _, extension = agent.partition("/")
            dials = and_(dials, CallRow.pbx == pbx, CallRow.agent == extension)
        first = (
            select(CallRow.pbx, CallRow.agent, func.min(CallRow.started_at).label("at"))
            .where(dials)
            .group_by(CallRow.pbx, CallRow.agent)
            .subquery()
        )
        query = (
            select(CallRow.id, CallRow.pbx, CallRow.agent, CallRow.started_at)
            .join(
                first,
                and_(
                    CallRow.pbx == first.c.pbx,
                    CallRow.agent == first.c.agent,
                    CallRow.started_at == first.c.at,
                ),
            )
            .where(dials)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [(row.id, f"{row.pbx}/{row.agent}", row.started_at) for row in rows]

    async def inbound_over(self, at: float, begun_from: float) -> list[Call]:
        """Inbound calls that were going on at an instant, of those begun at ``begun_from`` or later."""
        query = select(CallRow.body).where(
            CallRow.direction == Direction.INBOUND,
            CallRow.started_at >= begun_from,
            CallRow.started_at <= at,
            or_(CallRow.ended_at.is_(None), CallRow.ended_at >= at),
        )
        async with transaction(self._engine) as connection:
            return [call_of(body) for (body,) in await connection.execute(query)]

    async def watched(self) -> dict[str, float]:
        """From when on the check watches each PBX: what was before it nobody heard."""
        query = (
            select(AuditRow.subject, func.min(AuditRow.at))
            .where(AuditRow.what == _BEGUN)
            .group_by(AuditRow.subject)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return {subject.partition("/")[2]: at for subject, at in rows}

    async def begin_check(self, pbx: str, at: float) -> None:
        """The check watches a PBX from ``at`` on; what was said first holds, or the earlier."""
        if at < (await self.watched()).get(pbx, float("inf")):
            await self.audit(Audited(at, "", _BEGUN, f"check/{pbx}", ""))

    # ------------------------------------------------------------------ who did what

    async def audit(self, entry: Audited) -> None:
        """Write down who did what."""
        async with transaction(self._engine) as connection:
            await write_audit(connection, entry)

    async def audited(self, subject: str | None = None, limit: int = 500) -> list[Audited]:
        """Who did what, newest first."""
        query = select(AuditRow.__table__).order_by(AuditRow.id.desc()).limit(limit)
        if subject is not None:
            query = query.where(AuditRow.subject == subject)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [Audited(row.at, row.who, row.what, row.subject, row.why) for row in rows]


def _decode(evidence: str) -> Finding:
    return msgspec.json.decode(evidence, type=Finding)


def _subject(each: OwnDay) -> str:
    whose = f"person/{each.person}" if each.person else each.team or "site"
    return f"day/{each.day.isoformat()}/{whose}"


async def write_audit(connection: AsyncConnection, entry: Audited) -> None:
    """Write down who did what, in the transaction that does it."""
    await connection.execute(
        insert(AuditRow).values({name: getattr(entry, name) for name in entry.__struct_fields__})
    )
