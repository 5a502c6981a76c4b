"""开呼考勤台账: a month's verdicts put together by person, and which late starts the month's grace covers.

It states facts: who began how late, which tier that is, what was covered and what was excused. It computes no wages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from monitor.duty import AbsenceKind, Finding
from monitor.metrics.shifts import Verdict

CASES = (Verdict.LATE, Verdict.NOT_STARTED, Verdict.INDETERMINATE)
"""What a lead has to look at; an exception that was granted, and what an outage excused, is shown beside them."""


class Grace(Protocol):
    """How many late starts a month are covered, and how small they must be (``config_duty.Discipline``)."""

    @property
    def monthly_grace_count(self) -> int: ...
    @property
    def monthly_grace_minutes(self) -> int: ...


class Entry(msgspec.Struct, frozen=True):
    """A case of a person, and whether the month's grace covers it."""

    finding: Finding
    covered: bool


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person's month: counts of verdicts, late starts by tier that count in full, minutes late of those."""

    person: int
    team: str
    checked: int
    on_time: int
    late: int
    covered: int
    counted: int
    minutes: int
    tiers: dict[str, int]
    not_started: int
    indeterminate: int
    excused: int
    exceptions: int
    entries: tuple[Entry, ...]


def accounts(findings: Iterable[Finding], grace: Grace) -> list[Account]:
    """The month of each person, from all verdicts of one month; in order of team and person."""
    by_person: dict[int, list[Finding]] = {}
    for each in findings:
        by_person.setdefault(each.person, []).append(each)
    made = [_account(person, mine, grace) for person, mine in by_person.items()]
    return sorted(made, key=lambda account: (account.team, account.person))


def _account(person: int, findings: Sequence[Finding], grace: Grace) -> Account:
    mine = sorted(findings, key=lambda each: (each.dial_by_at, each.shift))
    entries: list[Entry] = []
    left = grace.monthly_grace_count
    for each in mine:
        down = each.verdict == Verdict.EXCUSED and each.absence is None
        if each.verdict not in CASES and not (_exception(each) or down):
            continue
        small = each.minutes is not None and each.minutes <= grace.monthly_grace_minutes
        covered = each.verdict == Verdict.LATE and small and left > 0
        left -= covered
        entries.append(Entry(each, covered))
    kinds = Counter(each.verdict for each in mine)
    in_full = [e.finding for e in entries if e.finding.verdict == Verdict.LATE and not e.covered]
    covered_count = sum(entry.covered for entry in entries)
    return Account(
        person=person,
        team=mine[-1].team,
        checked=sum(count for kind, count in kinds.items() if kind not in (Verdict.OFF, Verdict.PENDING)),
        on_time=kinds[Verdict.ON_TIME],
        late=kinds[Verdict.LATE],
        covered=covered_count,
        counted=len(in_full),
        minutes=sum(each.minutes or 0 for each in in_full),
        tiers=dict(Counter(each.tier for each in in_full if each.tier is not None)),
        not_started=kinds[Verdict.NOT_STARTED],
        indeterminate=kinds[Verdict.INDETERMINATE],
        excused=kinds[Verdict.EXCUSED],
        exceptions=sum(_exception(e.finding) and e.finding.verdict == Verdict.EXCUSED for e in entries),
        entries=tuple(entries),
    )


def _exception(finding: Finding) -> bool:
    return finding.absence is not None and finding.absence.kind is AbsenceKind.EXCEPTION
