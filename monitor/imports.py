"""Tables of leave (as DingTalk exports them) and of calendar days, understood row by row.

Nothing is written before all rows are understood: what is wrong is named by line, with a key that both the pages
and the command line have words for. Reading the same file twice changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from monitor.config import Settings
from monitor.duty import Absence, AbsenceKind, OwnDay
from monitor.sheets import Cell, Row, Sheet, read
from monitor.store.people import Assignment, Roster
from monitor.store.store import Store

LEAVE_COLUMNS: dict[str, Sequence[str]] = {
    "name": ("姓名", "发起人姓名", "申请人姓名", "申请人", "员工姓名", "发起人", "请假人"),
    "extension": ("分机", "分机号"),
    "number": ("工号", "发起人工号", "申请人工号", "员工工号", "staff number"),
    "team": ("部门", "发起人部门", "申请人部门", "所属部门", "班组", "department"),
    "kind": ("请假类型", "假期类型", "假期名称", "外出类型", "类型", "type"),
    "starts_at": ("开始时间", "开始日期", "请假开始时间", "起始时间", "start"),
    "ends_at": ("结束时间", "结束日期", "请假结束时间", "截止时间", "end"),
    "length": ("时长", "请假时长", "请假天数", "天数"),
    "reason": ("事由", "请假事由", "外出事由", "请假原因", "原因", "备注"),
    "source": ("审批编号", "审批单号", "单号", "编号"),
    "status": ("审批状态", "状态"),
    "result": ("审批结果", "结果"),
    "granted_by": ("审批人", "历史审批人姓名", "审批人姓名"),
}
DAY_COLUMNS: dict[str, Sequence[str]] = {
    "date": ("日期", "day"),
    "kind": ("类型", "安排", "type"),
    "title": ("名称", "节日", "说明", "备注", "title"),
    "team": ("班组", "部门"),
    "extension": ("分机", "分机号"),
    "number": ("工号", "员工工号", "staff number"),
    "name": ("姓名", "员工姓名"),
    "official": ("法定", "官方"),
}
_LEAVE_HEADS = ("请假类型", "假期类型", "假期名称")
_GRANTED = ("同意", "通过", "已通过", "审批通过", "完成", "已完成", "已同意", "approved", "granted", "agree")
_TAKEN_BACK = (
    "撤销",
    "已撤销",
    "撤回",
    "已撤回",
    "拒绝",
    "已拒绝",
    "未通过",
    "终止",
    "已终止",
    "rejected",
    "cancelled",
)
_KINDS = (
    (AbsenceKind.FIELD_WORK, ("外出", "出差", "外勤", "field")),
    (AbsenceKind.TRAINING, ("培训", "学习", "training")),
    (AbsenceKind.EXCEPTION, ("例外", "exception")),
    (AbsenceKind.LEAVE, ("假", "调休", "补休", "leave")),
)
_WORK = ("班", "上班", "补班", "调休上班", "工作日", "work", "workday", "on")
_REST = ("休", "休息", "放假", "假日", "节假日", "休息日", "holiday", "off")
_YES = ("是", "y", "yes", "true", "1", "√")
_INSTANT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?(?:[\sT]*(上午|下午|全天|am|pm|(\d{1,2}):(\d{2})(?::\d{2})?))?",
    re.IGNORECASE,
)
_MOST_DAYS = 400


class Bad(msgspec.Struct, frozen=True):
    """A row that cannot be taken: its line, what stands in it, and why (``import.<problem>``, with ``value``)."""

    line: int
    row: str
    problem: str
    value: str = ""


class LeaveImport(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of leave comes to: ``changes`` are to be written, the others are known, not granted, or bad.

    ``replaced`` are the absences as they stand until then whose place a change takes: of whom they are, and when,
    may differ.
    """

    changes: list[tuple[int, Absence]]
    replaced: list[Absence]
    known: int
    not_granted: list[Bad]
    bad: list[Bad]


class DayImport(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of days comes to."""

    days: list[OwnDay]
    bad: list[Bad]


class Wrong(Exception):
    """A row is wrong: the problem's key, and the value at fault."""

    def __init__(self, problem: str, value: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.value = value


async def read_leave(store: Store, settings: Settings, data: bytes, *, who: str, now: float) -> LeaveImport:
    """Understand a file of leave. Raises ``SheetError`` where it is no such table, ``StoreError``."""
    sheet = read(data, LEAVE_COLUMNS, ("starts_at", "ends_at"))
    reader = _LeaveReader(settings, sheet, await store.roster(), who, now)
    understood: dict[str, tuple[int, Absence]] = {}
    not_granted: list[Bad] = []
    bad: list[Bad] = []
    for row in sheet.rows:
        try:
            source, absence, granted = reader.absence(row)
            if source in understood:
                raise Wrong("twice", str(understood[source][0]))
        except Wrong as wrong:
            bad.append(Bad(row.line, row.summary, wrong.problem, wrong.value))
            continue
        if granted == "no":
            not_granted.append(Bad(row.line, row.summary, "not_granted", reader.decision(row)))
        else:
            understood[source] = (row.line, absence)
    before = await store.discipline.absence_sources(understood)
    changes: list[tuple[int, Absence]] = []
    replaced: list[Absence] = []
    known = 0
    for source, (line, absence) in understood.items():
        old = before.get(source)
        if old is None and absence.withdrawn_at is not None:
            row = next(row for row in sheet.rows if row.line == line)
            not_granted.append(Bad(line, row.summary, "not_granted", reader.decision(row)))
        elif old is not None and _same(old, absence):
            known += 1
        else:
            changes.append((line, absence))
            if old is not None:
                replaced.append(old)
    return LeaveImport(changes=changes, replaced=replaced, known=known, not_granted=not_granted, bad=bad)


def _same(old: Absence, row: Absence) -> bool:
    """Whether a row says nothing new. What somebody took back on the page stays so when the file comes again."""
    if (old.person, old.kind, old.starts_at, old.ends_at, old.reason) != (
        row.person, row.kind, row.starts_at, row.ends_at, row.reason
    ):  # fmt: skip
        return False
    # A file takes back in the instant in which it says so; by hand it is taken back after it was granted.
    by_hand = old.withdrawn_at is not None and old.withdrawn_at != old.granted_at
    return by_hand or (old.withdrawn_at is None) == (row.withdrawn_at is None)


class _LeaveReader:
    def __init__(self, settings: Settings, sheet: Sheet, roster: Roster, who: str, now: float) -> None:
        self._zone = settings.site.timezone
        self._noon: time = settings.calendar.noon
        self._heads = sheet.heads
        self._roster = roster
        self._who = who
        self._now = now

    def decision(self, row: Row) -> str:
        return row.text("result") or row.text("status")

    def absence(self, row: Row) -> tuple[str, Absence, str]:
        """A row's source, its absence, and whether it was granted (``yes``, ``no``, ``back`` for taken back)."""
        decision = {row.text("result").lower(), row.text("status").lower()} - {""}
        granted = "yes" if not decision or decision & set(_GRANTED) else "no"
        if decision & set(_TAKEN_BACK):
            granted = "back"
        starts = self._instant(row.cells.get("starts_at", ""), "starts_at", end=False)
        ends = self._instant(row.cells.get("ends_at", ""), "ends_at", end=True)
        if ends <= starts:
            raise Wrong("ends_first", row.text("ends_at"))
        if ends - starts > _MOST_DAYS * 86400:
            raise Wrong("too_many_days", str(_MOST_DAYS))
        self._whole(row)
        person = find_person(self._roster, row, starts).person_id
        kind = self._kind(row)
        said = [row.text("kind"), row.text("reason")]
        source = (row.text("source") or _fingerprint(person, kind, starts, ends))[:160]
        return (
            source,
            Absence(
                person=person,
                kind=kind,
                starts_at=starts,
                ends_at=ends,
                reason="：".join(each for each in said if each)[:500],
                granted_by=row.text("granted_by")[:128] or self._who,
                granted_at=self._now,
                source=source,
                withdrawn_at=self._now if granted == "back" else None,
            ),
            granted,
        )

    def _whole(self, row: Row) -> None:
        """Half a day, but which half?"""
        spans = [_INSTANT.fullmatch(row.text(key)) for key in ("starts_at", "ends_at")]
        bare = all(found is not None and found[4] is None for found in spans)
        if bare and re.fullmatch(r"\d*\.5\s*天?", row.text("length")):
            raise Wrong("which_half", row.text("length"))

    def _kind(self, row: Row) -> AbsenceKind:
        text = row.text("kind").lower()
        for kind, words in _KINDS:
            if text and any(word in text for word in words):
                return kind
        if not text or self._heads.get("kind", "").strip() in _LEAVE_HEADS:
            return AbsenceKind.LEAVE
        raise Wrong("kind_unknown", row.text("kind"))

    def _instant(self, cell: Cell, column: str, *, end: bool) -> float:
        """An instant of a row; a bare day and a half-day reach to their end."""
        if cell == "":
            raise Wrong("missing", self._heads.get(column, column))
        if isinstance(cell, datetime):
            whole = end and cell.time() == time()
            return self._at(cell.date(), time() if whole else cell.time(), whole)
        found = _INSTANT.fullmatch(cell.strip())
        if found is None:
            raise Wrong("no_time", cell)
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
            clock = time(int(found[5]) % 24, int(found[6])) if found[5] else None
        except ValueError:
            raise Wrong("no_time", cell) from None
        if clock is not None:
            return self._at(day, clock, int(found[5]) == 24)
        half = (found[4] or "").lower()
        if half in ("上午", "am"):
            return self._at(day, self._noon if end else time(), False)
        if half in ("下午", "pm"):
            return self._at(day, time() if end else self._noon, end)
        return self._at(day, time(), end)

    def _at(self, day: date, clock: time, next_day: bool) -> float:
        try:
            return datetime.combine(day + timedelta(days=next_day), clock, self._zone).timestamp()
        except OverflowError:  # 9999-12-31, which some systems write for "open end"
            raise Wrong("no_time", day.isoformat()) from None


def _fingerprint(person: int, kind: AbsenceKind, starts: float, ends: float) -> str:
    """An id for a row without one: the same row has the same."""
    return "row:" + hashlib.sha256(f"{person} {kind} {starts} {ends}".encode()).hexdigest()[:32]


def find_person(roster: Roster, row: Row, at: float) -> Assignment:
    """Who is meant by a row: by extension, else by staff number, else by name (and team where there are two).

    A staff number that the roster does not know says nothing: not every site enters them. Raises ``Wrong``.
    """
    extension, name, team = row.text("extension"), row.text("name"), row.text("team")
    number = row.text("number")
    if not (extension or name or number):
        raise Wrong("nobody")
    there = [each for each in roster.assignments if each.holds(at)]
    numbered = [each for each in there if number and each.number == number]
    if extension:
        found = [each for each in there if extension in (each.extension, f"{each.pbx}/{each.extension}")]
        if not found:
            raise Wrong("extension_unknown", extension)
        if name and found[0].name != name:
            raise Wrong("not_theirs", f"{extension} {found[0].name}")
    elif numbered:
        found = numbered
        if name and found[0].name != name:
            raise Wrong("not_theirs", f"{number} {found[0].name}")
    else:
        found = [each for each in there if each.name == name]
        if len({each.person_id for each in found}) > 1 and team:
            mine = [each for each in found if team in (each.team, roster.teams.get(each.team))]
            mine = mine or [each for each in found if (roster.teams.get(each.team) or each.team) in team]
            found = mine or found
        if not found:
            raise Wrong("name_unknown", name or number)
    if len({each.person_id for each in found}) > 1:
        raise Wrong("name_twice", f"{name}: {', '.join(each.extension for each in found)}")
    return found[0]


async def read_days(
    store: Store, settings: Settings, data: bytes, *, official: bool, who: str, now: float
) -> DayImport:
    """Understand a file of calendar days. Raises ``SheetError`` where it is no such table, ``StoreError``."""
    sheet = read(data, DAY_COLUMNS, ("date", "kind"))
    roster = await store.roster()
    days: dict[tuple[date, str, int, bool], OwnDay] = {}
    bad: list[Bad] = []
    for row in sheet.rows:
        try:
            each = _own_day(settings, roster, row, official, who, now)
            if (each.day, each.team, each.person, each.official) in days:
                raise Wrong("twice", each.day.isoformat())
            days[each.day, each.team, each.person, each.official] = each
        except Wrong as wrong:
            bad.append(Bad(row.line, row.summary, wrong.problem, wrong.value))
    return DayImport(days=list(days.values()), bad=bad)


def _own_day(settings: Settings, roster: Roster, row: Row, official: bool, who: str, now: float) -> OwnDay:
    found = _INSTANT.fullmatch(row.text("date"))
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        day = None
    if day is None:
        raise Wrong("no_day", row.text("date"))
    kind = row.text("kind").lower()
    if kind not in (*_WORK, *_REST):
        raise Wrong("day_kind_unknown", row.text("kind"))
    person, team = 0, ""
    if row.text("extension") or row.text("name"):
        at = datetime.combine(day, time(12), settings.site.timezone).timestamp()
        person = find_person(roster, row, at).person_id
    elif row.text("team"):
        known = {each.id: each.name for each in settings.teams} | roster.teams
        named = {name: id for id, name in known.items()} | {id: id for id in known}
        if row.text("team") not in named:
            raise Wrong("team_unknown", row.text("team"))
        team = named[row.text("team")]
    states = official or row.text("official").lower() in _YES
    if states and (person or team):
        raise Wrong("official_is_for_all")
    return OwnDay(
        day=day,
        working=kind in _WORK,
        name=row.text("title")[:128],
        team=team,
        person=person,
        official=states,
        entered_by=who,
        entered_at=now,
    )
