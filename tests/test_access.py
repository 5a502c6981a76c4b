"""What each role may, and whom its login sees: written out."""

from __future__ import annotations

import pytest

from monitor.access import ALLOWED, May, Role, Scope, allowed, misfit, role_of, scope_of

NOBODY = Scope()


@pytest.mark.parametrize(
    ("role", "teams", "person", "seen"),
    [
        ("administrator", [], None, Scope(None)),
        ("manager", ["t1"], None, Scope(None)),
        ("supervisor", ["t1", "t2"], None, Scope(frozenset({"t1", "t2"}))),
        ("supervisor", [], None, NOBODY),
        ("team_lead", ["t1"], 7, Scope(frozenset({"t1"}))),
        ("team_lead", [], None, NOBODY),
        ("qa", [], None, Scope(None)),
        ("qa", ["t1"], None, Scope(frozenset({"t1"}))),
        ("board", [], None, Scope(None)),
        ("board", ["t2"], None, Scope(frozenset({"t2"}))),
        ("agent", ["t1"], 7, Scope(frozenset(), 7)),
        ("agent", [], None, NOBODY),
        ("emperor", ["t1"], 7, NOBODY),
    ],
)
def test_whom_a_login_sees(role: str, teams: list[str], person: int | None, seen: Scope) -> None:
    assert scope_of(role, teams, person, ()) == seen


@pytest.mark.parametrize("role", Role)
def test_numbers_are_whole_only_for_roles_that_are_named(role: Role) -> None:
    assert not scope_of(role, ["t1"], 1, ()).whole_numbers
    assert scope_of(role, ["t1"], 1, {"qa", "administrator"}).whole_numbers is (
        role in (Role.QA, Role.ADMINISTRATOR)
    )


def test_a_team_and_a_person_of_a_scope() -> None:
    lead, agent, site = Scope(frozenset({"t1"})), Scope(frozenset(), 7), Scope(None)
    assert [lead.team(each) for each in ("t1", "t2", None)] == [True, False, False]
    assert [site.team(each) for each in ("t1", None)] == [True, True]
    assert [agent.one("t1", each) for each in (7, 8, None)] == [True, False, False]
    assert [lead.one(each, 7) for each in ("t1", "t2")] == [True, False]
    assert not NOBODY.one(None, None)
    assert (site.site, lead.site, agent.site) == (True, False, False)


def test_who_is_unknown_may_nothing_and_only_one_role_administers() -> None:
    assert role_of("emperor") is None
    assert allowed("emperor") == frozenset()
    assert [role for role in Role if May.ADMINISTER in ALLOWED[role]] == [Role.ADMINISTRATOR]
    assert all(May.ENTER in ALLOWED[role] for role in Role)


@pytest.mark.parametrize(
    ("role", "teams", "person", "fault"),
    [
        (Role.ADMINISTRATOR, [], None, None),
        (Role.MANAGER, ["t1"], None, "no_team"),
        (Role.SUPERVISOR, [], None, "team_needed"),
        (Role.TEAM_LEAD, ["t1"], None, None),
        (Role.TEAM_LEAD, ["t1"], 1, "no_person"),
        (Role.QA, [], None, None),
        (Role.BOARD, ["t1"], None, None),
        (Role.AGENT, [], None, "person_needed"),
        (Role.AGENT, [], 0, None),
        (Role.AGENT, ["t1"], 1, "no_team"),
    ],
)
def test_what_a_role_needs(role: Role, teams: list[str], person: int | None, fault: str | None) -> None:
    assert misfit(role, teams, person) == fault
