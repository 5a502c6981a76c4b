"""Who may do what, and of whom: roles, what each may do, and the part of the site that a login sees.

The one place that decides. ``web/permits.py`` says what each address asks for, the guard compares the two
before any route runs, and what a route answers is narrowed by the login's ``Scope``. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody is here for."""

    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    TEAM_LEAD = "team_lead"
    QA = "qa"
    AGENT = "agent"
    BOARD = "board"


class May(StrEnum):
    """What can be allowed."""

    ENTER = "enter"
    """Log in and out, know who one is, read what the figures mean."""
    SEE_FLOOR = "see_floor"
    SEE_CALLS = "see_calls"
    HEAR_RECORDINGS = "hear_recordings"
    SEE_REPORTS = "see_reports"
    SEE_DISCIPLINE = "see_discipline"
    """The ledger, absences, the calendar, people's days."""
    ENTER_DISCIPLINE = "enter_discipline"
    """Enter and take back absences and days, excuse a case."""
    IMPORT_SHEETS = "import_sheets"
    SET_ROSTER = "set_roster"
    """Who sits where, and what is asked of whom; for the whole site."""
    SEE_WATCH = "see_watch"
    """Missed inbound, breaches of the harassment guard, private calls, questions."""
    KEEP_LISTS = "keep_lists"
    """Lists of numbers: look, enter, take off, import."""
    SEE_ALERTS = "see_alerts"
    SET_ALERTS = "set_alerts"
    OPERATE = "operate"
    """Readiness, figures for monitoring, the description of the API."""
    ADMINISTER = "administer"
    """Logins: make, change, shut out."""


_BOARD: Final = frozenset({May.ENTER, May.SEE_FLOOR})
_QA: Final = _BOARD | {May.SEE_CALLS, May.HEAR_RECORDINGS, May.SEE_REPORTS}
_LEAD: Final = _QA | {May.SEE_DISCIPLINE, May.ENTER_DISCIPLINE, May.SEE_WATCH}
_ALL: Final = frozenset(May)

ALLOWED: Final[dict[Role, frozenset[May]]] = {
    Role.ADMINISTRATOR: _ALL,
    Role.MANAGER: _ALL - {May.ADMINISTER},
    Role.SUPERVISOR: _LEAD | {May.IMPORT_SHEETS},
    Role.TEAM_LEAD: _LEAD,
    Role.QA: _QA,
    Role.AGENT: frozenset({May.ENTER, May.SEE_CALLS, May.SEE_DISCIPLINE}),
    Role.BOARD: _BOARD,
}

SITE_ALWAYS: Final = frozenset({Role.ADMINISTRATOR, Role.MANAGER})
"""They see the whole site, whatever teams are named."""
SITE_WITHOUT_TEAMS: Final = frozenset({Role.QA, Role.BOARD})
"""They see the whole site where no team is named."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the site that a login sees; without anything said, nothing.

    ``teams`` are team ids, ``None`` is the whole site; ``person`` is one person of the roster; with
    ``whole_numbers`` callers' numbers are not masked.
    """

    teams: frozenset[str] | None = frozenset()
    person: int | None = None
    whole_numbers: bool = False

    @property
    def site(self) -> bool:
        """Whether it is everything."""
        return self.teams is None

    def team(self, team: str | None) -> bool:
        """Whether all of a team is seen; ``None`` is no team, which only the whole site has."""
        return self.teams is None or team in self.teams

    def one(self, team: str | None, person: int | None) -> bool:
        """Whether somebody who sits, or sat, in ``team`` is seen."""
        return self.team(team) or (person is not None and person == self.person)


SITE: Final = Scope(teams=None)
"""Everything, with masked numbers."""


def role_of(name: str) -> Role | None:
    """The role of a stored name; ``None`` for one that this program does not know, which may nothing."""
    try:
        return Role(name)
    except ValueError:
        return None


def allowed(role: str) -> frozenset[May]:
    """What a role, by its stored name, may do."""
    known = role_of(role)
    return frozenset() if known is None else ALLOWED[known]


def scope_of(role: str, teams: Iterable[str], person: int | None, whole_numbers: Collection[str]) -> Scope:
    """What a login sees; ``whole_numbers`` are the roles whose numbers are not masked."""
    known, named = role_of(role), frozenset(teams)
    if known is None:
        return Scope()
    whole = known in whole_numbers
    if known in SITE_ALWAYS or (known in SITE_WITHOUT_TEAMS and not named):
        return Scope(None, None, whole)
    if known is Role.AGENT:
        return Scope(frozenset(), person, whole)
    return Scope(named, None, whole)


def misfit(role: Role, teams: Collection[str], person: int | None) -> str | None:
    """Why a role can't have these teams and this person, as a key for people's words; ``None`` when it can."""
    if role is Role.AGENT:
        return "person_needed" if person is None else "no_team" if teams else None
    if person is not None:
        return "no_person"
    if role in SITE_ALWAYS:
        return "no_team" if teams else None
    return "team_needed" if not teams and role not in SITE_WITHOUT_TEAMS else None
