"""``dialwatch check``: faults of the roster, by which figures go to the wrong person or to nobody."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from monitor.config import Settings
from monitor.errors import StoreError
from monitor.metrics import shifts
from monitor.parts import NOBODY
from monitor.pbx.examine import Finding, some
from monitor.staffing import staffed
from monitor.store.people import Roster
from monitor.store.store import Store

SEEN_DAYS = 7
_MOST_NAMED = 5


async def staffed_now(settings: Settings, now: float) -> Settings:
    """The settings with the teams as they are staffed; as they stand where the database can't tell."""
    store = await Store.open(settings.store.database_url)
    try:
        if not (await store.schema_status()).up_to_date:
            return settings
        return staffed(settings, await store.roster(), now)
    except StoreError:
        return settings  # the database's own finding says so
    finally:
        await store.close()


async def examine_roster(settings: Settings, now: float) -> list[Finding]:
    """Two people on one extension, one on two, extensions that dialled lately and belong to nobody."""
    store = await Store.open(settings.store.database_url)
    try:
        if not (await store.schema_status()).up_to_date:
            return []
        roster = await store.roster()
        today = shifts.day_of(now, settings.site.timezone)
        first = (today - timedelta(days=SEEN_DAYS)).isoformat()
        sums = await store.rollups.figures(first, today.isoformat(), ("pbx", "agent"))
    except StoreError:
        return []  # the database's own finding says so
    finally:
        await store.close()
    dials = sums.columns.index("dials")
    seen = {f"{row[0]}/{row[1]}": row[dials] for row in sums.rows if row[1] != NOBODY and row[dials]}
    return faults(settings, roster, seen, now)


def faults(settings: Settings, roster: Roster, seen: dict[str, int], now: float) -> list[Finding]:
    """What is wrong with who sits where now; ``seen`` are the dials of the last days by extension."""
    held = roster.at(now)
    if not held:
        if settings.roster.source == "store":
            mend = "import it: dialwatch roster import FILE, or enter people on the page /people/"
            return [Finding("warn", "roster: nobody has an extension", mend)]
        return []
    found = []
    seats = Counter(each.agent for each in held)
    for agent, count in seats.items():
        if count > 1:
            names = ", ".join(each.name for each in held if each.agent == agent)
            mend = "only the first of them gets its calls; end the other's seat on the page /people/"
            found.append(Finding("warn", f"roster: {count} people have extension {agent}: {names}", mend))
    people = Counter(each.person_id for each in held)
    for person, count in people.items():
        if count > 1:
            mine = [each for each in held if each.person_id == person]
            what = f"roster: {mine[0].name} has {count} extensions: {', '.join(e.agent for e in mine)}"
            mend = "end the seats that are no longer held, on the page /people/ or in config.toml"
            found.append(Finding("warn", what, mend))
    strangers = sorted(agent for agent in seen if agent not in seats)
    if strangers:
        what = (
            f"roster: dialled within {SEEN_DAYS} days and belongs to nobody: {some(strangers, _MOST_NAMED)}"
        )
        where = (
            "[[team]] in config.toml" if settings.roster.source == "config" else "/people/, or import them"
        )
        found.append(Finding("warn", what, f"enter who has the extension: {where}"))
    if not found:
        found.append(Finding("ok", f"roster: {len(held)} people, each on one extension of their own"))
    return found
