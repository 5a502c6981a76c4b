"""The roster from a table of people: understood row by row, and what it changes, before anything is written.

A row says who has which extension in which team from when on. Who is not in the table stays as is, unless the table is
said to be complete. Reading the same table twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from monitor import attendance
from monitor.config import Settings
from monitor.duty import WorkingDays, is_newcomer
from monitor.imports import Bad, Wrong
from monitor.sheets import Row, read
from monitor.store.people import Assignment, Facts, Roster
from monitor.store.staff import Move
from monitor.store.store import Store

COLUMNS: dict[str, Sequence[str]] = {
    "extension": ("分机", "分机号", "坐席分机", "ext"),
    "name": ("姓名", "员工姓名", "坐席姓名", "坐席", "agent"),
    "number": ("工号", "员工编号", "员工号", "staff number", "staff no", "employee id"),
    "team": ("班组", "小组", "组别", "团队", "部门", "group", "department"),
    "lead": ("组长", "班组长", "是否组长", "leader", "team lead"),
    "hired_on": ("入职日期", "入职时间", "hire date", "hired", "hired on"),
    "newcomer": ("新人", "新人至", "是否新人", "newcomer until"),
    "valid_from": ("生效日期", "生效时间", "起始日期", "from", "valid from", "effective from"),
    "left": ("离职日期", "最后工作日", "left", "last day"),
    "working": ("上班日", "排班", "working days", "weekdays", "rota"),
    "pbx": ("交换机", "asterisk"),
}
_YES = ("是", "y", "yes", "true", "1", "√", "组长", "lead")
_NO = ("否", "n", "no", "false", "0", "×", "")
_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?(?:[\sT]+(\d{1,2}):(\d{2})(?::\d{2})?)?"
)
_ROTA = re.compile(r"(\d+)\s*[+/休]\s*(\d+)\s+(\S+)")
_EXTENSION = re.compile(r"[A-Za-z0-9_.+*#-]{1,64}")
_TEAM_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_WEEKDAYS = str.maketrans("一二三四五六日天至到、，", "12345677--,,")
_ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENGLISH_DAYS = re.compile(rf"({'|'.join(_ENGLISH)})[a-z]*")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a row does: ``new``, ``moves``, ``leaves`` or ``facts`` (only what is known of the person); ``line`` 0: by
    the table being complete. ``before`` is the seat until then."""

    line: int
    what: str
    move: Move
    before: Assignment | None


class RosterImport(msgspec.Struct, frozen=True, kw_only=True):
    """What a table comes to. ``teams`` are those it makes, by id."""

    changes: list[Change]
    known: int
    bad: list[Bad]
    teams: dict[str, str]


async def read_people(
    store: Store,
    settings: Settings,
    data: bytes,
    *,
    now: float,
    start: float | None = None,
    complete: bool = False,
) -> RosterImport:
    """Understand a table of people. Raises ``SheetError`` where it is no such table, ``StoreError``.

    ``start`` is from when rows hold that do not say so (now; for an empty roster: ever). ``complete``: who has a seat
    and is not in the table leaves then.
    """
    sheet = read(data, COLUMNS, ("name", "extension"))
    roster = await store.roster()
    begin = start if start is not None else now if roster.assignments else 0.0
    reader = _Reader(settings, roster, begin, now)
    understood: list[tuple[int, Move]] = []
    bad: list[Bad] = []
    taken: dict[tuple[object, ...], int] = {}
    for row in sheet.rows:
        try:
            move = reader.move(row)
            who = (move.person or (move.facts.name, move.facts.number or move.agent), move.valid_from)
            for key in (who, (move.agent, move.valid_from, "seat")) if move.agent else (who,):
                if key in taken:
                    raise Wrong("twice", str(taken[key]))
            taken[who] = row.line
            if move.agent:
                taken[move.agent, move.valid_from, "seat"] = row.line
        except Wrong as wrong:
            bad.append(Bad(row.line, row.summary, wrong.problem, wrong.value))
            continue
        understood.append((row.line, move))
    changes = [found for line, move in understood if (found := _change(roster, line, move)) is not None]
    if complete and not bad:
        there = {move.person for _, move in understood}
        for each in roster.at(begin):
            if each.person_id not in there:
                gone = Move(person=each.person_id, facts=each.facts, valid_from=begin)
                changes.append(Change(line=0, what="leaves", move=gone, before=each))
    return RosterImport(
        changes=changes,
        known=len(understood) - sum(c.line > 0 for c in changes),
        bad=bad,
        teams=reader.new_teams,
    )


async def write_people(store: Store, settings: Settings, found: RosterImport, who: str, now: float) -> None:
    """Write what a table changes, and decide anew the days it touches. Raises ``StoreError``."""
    moves = [each.move for each in found.changes]
    await store.staff.move(moves, who, now, found.teams)
    begin = min((each.valid_from for each in moves), default=now)
    await attendance.settle_past(store, settings, max(begin, 0.0), now, now)


def _change(roster: Roster, line: int, move: Move) -> Change | None:
    at = move.valid_from
    before = next((each for each in roster.at(at) if each.person_id == move.person), None)
    if not move.person:
        return Change(line=line, what="new", move=move, before=None)
    if not move.agent:
        later = [e for e in roster.assignments if e.person_id == move.person and e.valid_from >= at]
        return Change(line=line, what="leaves", move=move, before=before) if before or later else None
    if before is None or (before.agent, before.team, before.lead) != (move.agent, move.team, move.lead):
        return Change(line=line, what="moves", move=move, before=before)
    if before.facts != move.facts:
        return Change(line=line, what="facts", move=move, before=before)
    return None


class _Reader:
    def __init__(self, settings: Settings, roster: Roster, begin: float, now: float) -> None:
        self._settings = settings
        self._zone = settings.site.timezone
        self._roster = roster
        self._begin = begin
        self._now = now
        self._teams = {team.id: team.name for team in settings.teams} | roster.teams
        self.new_teams: dict[str, str] = {}
        self._people: dict[int, Assignment] = {each.person_id: each for each in roster.assignments}

    def move(self, row: Row) -> Move:
        """What a row says. Raises ``Wrong``."""
        name = row.text("name")
        if not name:
            raise Wrong("missing_name")
        left = self._day(row, "left")
        at = self._instant(row)
        if left == date.max:  # "open end" of some systems: nobody leaves
            left = None
        if left is not None:
            at = datetime.combine(left + timedelta(days=1), time(), self._zone).timestamp()
        pbx, extension = self._seat(row)
        known = self._known(name, row.text("number"), f"{pbx}/{extension}", at)
        if left is not None:
            if known is None:
                raise Wrong("name_unknown", name)
            return Move(person=known.person_id, facts=self._facts(row, known, at), valid_from=at)
        if not extension:
            raise Wrong("missing_extension")
        lead = row.text("lead").lower()
        if lead not in (*_YES, *_NO):
            raise Wrong("yes_or_no", row.text("lead"))
        return Move(
            person=0 if known is None else known.person_id,
            facts=self._facts(row, known, at),
            agent=f"{pbx}/{extension}",
            team=self._team(row.text("team"), known),
            lead=lead in _YES,
            valid_from=at,
        )

    def _known(self, name: str, number: str, agent: str, at: float) -> Assignment | None:
        """Who is meant: by staff number, else by name, of two of the same name the one who has the extension."""
        if number:
            found = [each for each in self._people.values() if each.number == number]
            if found:
                return found[0]
        same = [each for each in self._people.values() if each.name == name and not (number and each.number)]
        if len(same) > 1:
            there = [each for each in self._roster.at(at) if each.agent == agent and each.name == name]
            if not there:
                raise Wrong("name_twice", f"{name}: {', '.join(each.extension for each in same)}")
            return there[0]
        return same[0] if same else None

    def _seat(self, row: Row) -> tuple[str, str]:
        names = [pbx.name for pbx in self._settings.pbx]
        pbx, _, extension = row.text("extension").rpartition("/")
        pbx = row.text("pbx") or pbx or names[0]
        if pbx not in names:
            raise Wrong("pbx_unknown", pbx)
        if extension and not _EXTENSION.fullmatch(extension):
            raise Wrong("extension_odd", extension)
        return pbx, extension

    def _team(self, text: str, known: Assignment | None) -> str:
        if not text:
            if known is not None:
                return known.team
            raise Wrong("missing_team")
        teams = self._teams | self.new_teams
        named = [text] if text in teams else [id for id, name in teams.items() if name == text]
        if len(named) == 1:
            if named[0] not in self._roster.teams:
                self.new_teams[named[0]] = teams[named[0]]  # so far only the configuration knows it
            return named[0]
        number = len(teams) + 1
        while f"t{number}" in teams:
            number += 1
        made = text if _TEAM_ID.fullmatch(text) else f"t{number}"
        self.new_teams[made] = text[:128]
        return made

    def _facts(self, row: Row, known: Assignment | None, at: float) -> Facts:
        """What is known of the person; an empty cell leaves it as it was."""
        hired = self._day(row, "hired_on") or (known.hired_on if known is not None else None)
        return Facts(
            name=row.text("name")[:128],
            number=(row.text("number") or (known.number if known is not None else ""))[:64],
            hired_on=hired,
            newcomer_until=self._newcomer(row, known, hired, at),
            working=self._working(row.text("working")) or (known.working if known is not None else None),
        )

    def _newcomer(self, row: Row, known: Assignment | None, hired: date | None, at: float) -> date | None:
        text = row.text("newcomer").lower()
        before = known.newcomer_until if known is not None else None
        if not text:
            return before
        day = datetime.fromtimestamp(max(at, self._now), self._zone).date()
        days = self._settings.roster.newcomer_days
        if text in _YES:
            if known is not None and is_newcomer(known, day, days):
                return before
            new_by_date = hired is not None and hired <= day < hired + timedelta(days=days)
            return before if new_by_date else day + timedelta(days=days)
        if text in _NO:
            return before if known is not None and not is_newcomer(known, day, days) else hired or day
        return self._day(row, "newcomer")

    def _working(self, text: str) -> WorkingDays | None:
        if not text:
            return None
        rota = _ROTA.fullmatch(text)
        if rota is not None:
            day = _date(rota[3])
            if day is None or not all(0 < int(days) <= 366 for days in rota.group(1, 2)):
                raise Wrong("working_odd", text)
            return WorkingDays(rota=(int(rota[1]), int(rota[2])), rota_from=day)
        days: set[int] = set()
        numbered = _ENGLISH_DAYS.sub(lambda day: str(_ENGLISH.index(day[1]) + 1), text.lower())
        numbered = numbered.replace("to", "-").replace("and", ",")
        for part in re.sub("周|星期| ", "", numbered).translate(_WEEKDAYS).split(","):
            span = re.fullmatch(r"([1-7])(?:-([1-7]))?", part)
            if span is None:
                raise Wrong("working_odd", text)
            days |= set(range(int(span[1]) - 1, int(span[2] or span[1])))
        return WorkingDays(weekdays=tuple(sorted(days)))

    def _day(self, row: Row, column: str) -> date | None:
        text = row.text(column)
        if not text:
            return None
        found = _date(text)
        if found is None:
            raise Wrong("no_day", text)
        return found

    def _instant(self, row: Row) -> float:
        text = row.text("valid_from")
        if not text:
            return self._begin
        found, day = _DAY.fullmatch(text), _date(text)
        if found is None or day is None:
            raise Wrong("no_day", text)
        try:
            clock = time(int(found[4]), int(found[5])) if found[4] else time()
        except ValueError:
            raise Wrong("no_day", text) from None
        return datetime.combine(day, clock, self._zone).timestamp()


def _date(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
