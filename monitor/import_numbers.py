"""Tables of numbers for a list, understood row by row; nothing is written before every wrong row is named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from monitor.config import Settings
from monitor.contacts import Listed, NumberKeys
from monitor.imports import Bad, Wrong
from monitor.masking import masked
from monitor.sheets import Row, read
from monitor.store.numbers import same
from monitor.store.store import Store

COLUMNS: dict[str, Sequence[str]] = {
    "number": ("号码", "电话", "电话号码", "手机", "手机号", "手机号码", "联系电话", "客户电话", "phone"),
    "since": ("登记日期", "生效日期", "加入日期", "开始日期", "日期", "from"),
    "until": ("有效期至", "截止日期", "到期日期", "失效日期", "to"),
    "reason": ("原因", "事由", "备注", "说明"),
}
_SEPARATORS = re.compile(r"[\s().\-–—]")
_NUMBER = re.compile(r"\+?\d{3,20}")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?(?:\s.*)?")


class NumberImport(msgspec.Struct, frozen=True, kw_only=True):
    """What a file comes to: ``changes`` (with their lines) are to be written, ``known`` stand as they are."""

    changes: list[tuple[int, Listed]]
    known: int
    bad: list[Bad]


def cleaned(text: str) -> str | None:
    """A number as people write it, without what only parts it; ``None`` where it is none."""
    found = _SEPARATORS.sub("", text.strip())
    return found if _NUMBER.fullmatch(found) else None


async def read_numbers(
    store: Store, settings: Settings, keys: NumberKeys, data: bytes, *, name: str, who: str, now: float
) -> NumberImport:
    """Understand a file of numbers. Raises ``SheetError`` where it is no such table, ``StoreError``."""
    sheet = read(data, COLUMNS, ("number",))
    found: dict[str, tuple[int, Listed]] = {}
    undated: set[str] = set()
    bad: list[Bad] = []
    for row in sheet.rows:
        try:
            each = _listed(settings, keys, row, name, who, now)
            if each.key in found:
                raise Wrong("number_twice", str(found[each.key][0]))
            found[each.key] = (row.line, each)
            if not row.text("since"):
                undated.add(each.key)
        except Wrong as wrong:
            bad.append(Bad(row.line, masked_row(row), wrong.problem, wrong.value))
    standing = await store.numbers.standing(name, found)
    changes = []
    for key, (line, each) in found.items():
        if key in undated and key in standing:
            each = msgspec.structs.replace(each, since=standing[key].since)
        if key not in standing or not same(standing[key], each):
            changes.append((line, each))
    return NumberImport(changes=changes, known=len(found) - len(changes), bad=bad)


def entry(
    settings: Settings,
    keys: NumberKeys,
    number: str,
    *,
    name: str,
    who: str,
    now: float,
    since: float | None = None,
    until: float | None = None,
    reason: str = "",
) -> Listed:
    """A number to be entered; from now on, if no ``since`` is given."""
    plain = settings.guard.numbering.plain(number)
    return Listed(
        list=name,
        key=keys.stored(plain),
        hint=keys.hint(plain, masked(plain) or ""),
        since=now if since is None else since,
        until=until,
        reason=reason,
        entered_by=who,
        entered_at=now,
    )


def masked_row(row: Row) -> str:
    """What stands in a wrong row, its number masked if it has the length of one."""
    return re.sub(r"\d{7,}", lambda found: masked(found[0]) or "", row.summary)


def _listed(settings: Settings, keys: NumberKeys, row: Row, name: str, who: str, now: float) -> Listed:
    number = cleaned(row.text("number"))
    if number is None:
        raise Wrong("number_bad", row.text("number")[:40])
    since = _instant(settings, row.text("since"))
    until = _instant(settings, row.text("until"), days=1)
    if until is not None and until <= (now if since is None else since):
        raise Wrong("ends_first", row.text("until"))
    return entry(
        settings,
        keys,
        number,
        name=name,
        who=who,
        now=now,
        since=since,
        until=until,
        reason=row.text("reason")[:500],
    )


def _instant(settings: Settings, text: str, days: int = 0) -> float | None:
    """The begin of a day of the site, ``days`` later; a time beside it is left aside."""
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        day = None
    if day is None:
        raise Wrong("no_day", text)
    return datetime.combine(day + timedelta(days=days), time(), settings.site.timezone).timestamp()
