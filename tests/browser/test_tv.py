"""TV mode: every page of the rotation is legible from eight metres, and a floor of 300 comes round in some two minutes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Visit

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

SIZES = """(selector) => [...document.querySelectorAll(selector)]
  .filter((each) => [...each.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
  .map((each) => parseFloat(getComputedStyle(each).fontSize))"""
CUT = """[...document.querySelectorAll(".wall .tile, .wall .tile > *, .wall-names span")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"""
FIGURES = ".wall .sums, .wall .sums em, .wall .reason, .wall-teams td, .wall-ranking .num:not(.muted)"


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "dark"), ("en", "light")])
async def test_every_page_can_be_read_from_eight_metres(visit: Visit, language: str, theme: str) -> None:
    """At 1920×1080 on a 55-inch screen: text of 42 px, figures of 64, the countdown and the site of 96 and more."""
    async with visit(language, 1920, 1080, theme=theme) as visitor:
        page = await visitor.open("/board/?tv=1")
        await page.wait_for_selector(".wall-figures")
        assert min(await page.evaluate(SIZES, ".wall-figures b, .wall-deadline b")) >= 96
        seen = set()
        for _ in range(12):
            seen.add((await page.locator(".turn").inner_text()).split(" ")[0])
            assert min(await page.evaluate(SIZES, ".wall > :not(footer), .wall > :not(footer) *")) >= 42
            assert min(await page.evaluate(SIZES, FIGURES), default=64) >= 64
            assert await page.evaluate("document.documentElement.scrollHeight") <= 1080
            assert await page.evaluate(CUT) == []
            await page.keyboard.press("ArrowRight")
        assert len(seen) >= 3
        assert not visitor.complaints


ROTATION = """async ({agents, teams, now, waiting}) => {
  const {pagesOf, Rotation} = await import("/board/rotation.js");
  const state = (i) => i % 50 === 7 ? "unreachable" : i % 60 === 9 ? "idle" : "talking";
  const rows = Array.from({length: agents}, (_, i) => ({id: `main/${8001 + i}`, team: `t${Math.floor(i * teams / agents)}`, state: state(i), since: now - 1200, first_dials: []}));
  const deadline = {counts_from: 0, starts_at: 900, dial_by_at: 1500, late_at: 1500, ends_at: 12000, not_begun: rows.slice(3, 3 + waiting).map((row) => row.id), indeterminate: [], excused: []};
  const board = {agents: rows, teams: Array.from({length: teams}, (_, i) => ({id: `t${i}`, agents: 1})), deadlines: [deadline], site: {idle_seconds: 600}};
  const pages = pagesOf(board, [{id: rows[0].id}], now);
  const turned = [];
  const rotation = new Rotation();
  for (let at = 0, n = 0; n < pages.length + 1; n++, at = rotation.until) turned.push(rotation.page(() => pages, at).key);
  return {pages, turned};
}"""


async def rotation(
    visit: Visit, agents: int, teams: int, now: float = 5000.0, waiting: int = 1
) -> dict[str, Any]:
    async with visit() as visitor:
        page = await visitor.open("/board/")
        found: dict[str, Any] = await page.evaluate(
            ROTATION, {"agents": agents, "teams": teams, "now": now, "waiting": waiting}
        )
        return found


@pytest.mark.parametrize(("agents", "teams"), [(8, 1), (24, 3), (100, 9), (300, 25), (300, 3)])
async def test_a_round_shows_everybody_once_in_some_two_minutes(
    visit: Visit, agents: int, teams: int
) -> None:
    found = await rotation(visit, agents, teams)
    pages = found["pages"]
    kinds = [page["kind"] for page in pages]
    assert kinds[:2] == ["site", "attention"] and kinds[-1] == "ranking"
    urgent = [each["reason"] for page in pages if page["kind"] == "attention" for each in page["part"]]
    assert urgent == sorted(urgent, key=["late", "unreachable", "idle"].index) and urgent[0] == "late"
    shown = [
        cell["agent"] for page in pages if page["kind"] == "floor" for cell in page["part"] if "agent" in cell
    ]
    shown += [agent for page in pages if page["kind"] == "team" for agent in page["part"]["agents"]]
    assert sorted(shown) == sorted(f"main/{8001 + i}" for i in range(agents))
    assert all(len(page["part"]) <= 28 for page in pages if page["kind"] in ("floor", "attention", "heads"))
    assert sum(page["seconds"] for page in pages) <= 140
    assert found["turned"] == [page["key"] for page in pages] + ["site"]


async def test_before_the_deadline_all_who_have_not_begun_are_named(visit: Visit) -> None:
    """The first twenty beside the figures, the others on pages of their own."""
    pages = (await rotation(visit, 100, 9, now=1000.0, waiting=90))["pages"]
    named = [len(page["part"]) for page in pages if page["kind"] == "names"]
    assert named == [50, 20] and pages[1]["kind"] == "names"
    assert not [page for page in pages if page["kind"] == "attention"]


UNSURE = """async () => {
  const {html} = await import("/common/ui.js");
  const {render} = await import("/vendor/preact.mjs");
  const {DeadlinePanel} = await import("/board/deadline.js");
  const {needPerson} = await import("/board/attention.js");
  const dials = (shift, day, verdict) => ({shift, day, person: 1, at: null, verdict, late_minutes: null});
  const agents = ["unsure", "missing"].map((name) => ({id: name, name, first_dials: [dials("a", "2026-11-23", name === "unsure" ? "indeterminate" : "late"), dials("a", "2026-11-24", "pending")].reverse()}));
  const deadline = {shift: "a", day: "2026-11-23", name: "A", counts_from: 0, starts_at: 900, dial_by_at: 1500, late_at: 1800, ends_at: 12000, expected: 2, begun: 0, not_begun: ["unsure", "missing"], late: [], indeterminate: ["unsure"], excused: []};
  const board = {agents, deadlines: [deadline], site: {idle_seconds: 600}};
  const root = document.createElement("div");
  render(html`<${DeadlinePanel} board=${board} now=${2000} />`, root);
  const texts = (selector) => [...root.querySelectorAll(selector)].map((each) => each.textContent);
  return {names: texts(".deadline > .names li"), unsure: texts("details li"), inGrace: needPerson(board, 1700), after: needPerson(board, 1800)};
}"""


async def test_nobody_is_named_as_missing_of_whom_nothing_can_be_said(visit: Visit) -> None:
    async with visit("en") as visitor:
        page = await visitor.open("/board/")
        await page.wait_for_selector(".tile")
        found: dict[str, Any] = await page.evaluate(UNSURE)
    assert found["names"] == ["missing"]
    assert found["unsure"] == ["unsure Undecided (blind)"]
    assert found["inGrace"] == []
    assert found["after"] == [{"agent": "missing", "reason": "late"}]
