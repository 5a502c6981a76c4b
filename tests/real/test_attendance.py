"""The check at a deadline on a real Asterisk: on time, late, not begun, on leave, hidden by a cut link; and who is told.

Two PBXs, as a centre with two has them: both are the lab's Asterisk, the second is reached through a relay that is cut
over the deadline. The site's clock is set so that the deadline is a minute from now.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import pytest

from monitor.store.store import Store
from monitor.web.guard import COOKIE
from tests.alerts import standins

from .lab.ami import PORT
from .lab.lab import Lab
from .lab.script import Answerer, Talk
from .lab.stage import Stage
from .product import Dialwatch
from .relay import Relay

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOKEN, SECRET = "0a1b2c3d4e5f60718293", "SECa0b1c2d3e4f5a6b7c8d9"
READY_SECONDS, BY_SECONDS, SHIFT_SECONDS = 25, 45, 120
"""From now until dials count, until the deadline, and how long the shift goes on from its start."""

CONFIG = """
[site]
name = "实验"
timezone = "{zone}"
[[shift]]
id = "morning"
name = "上午"
counts_from = "{counts_from:%H:%M:%S}"
start = "{counts_from:%H:%M:%S}"
dial_by = "{by:%H:%M:%S}"
end = "{end:%H:%M:%S}"
days = [{weekday}]
[[team]]
id = "here"
name = "朝阳组"
agents = [{here}]
[[team]]
id = "west"
name = "远航组"
agents = [{west}]
[[pbx]]
name = "lab"
host = "127.0.0.1"
username = "dialwatch"
secret_env = "DIALWATCH_AMI_SECRET"
agents = [{phones}]
trunks = ["PJSIP/trunk-*"]
dial_prefix = "9"
[[pbx]]
name = "west"
host = "127.0.0.1"
port = {relay}
username = "dialwatch"
secret_env = "DIALWATCH_AMI_SECRET"
agents = ["PJSIP/{hidden}"]
trunks = ["PJSIP/trunk-*"]
dial_prefix = "9"
reconnect_min_seconds = 0.2
reconnect_max_seconds = 1.0
[[alert]]
kind = "not_begun"
channels = ["leads"]
[[channel]]
name = "leads"
url_env = "LEADS_URL"
host = "http://{robot}"
[store]
data_dir = "data"
[web]
port = @PORT@
"""


def midday() -> str:
    """A time zone in which it is about noon now: the shift must not cross midnight."""
    east = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


PEOPLE = {"on_time": "准时", "late": "迟到", "not_begun": "未呼", "away": "请假", "hidden": "断线"}
"""Who does what, and the name."""


class Api:
    """The product's API as a browser with a login uses it."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._heads = {"Cookie": f"{COOKIE}={token}", "X-Dialwatch": "1", "Origin": url}

    async def __call__(self, path: str, body: object = None) -> Any:
        """GET, or POST what is given."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data, self._heads | {"Content-Type": "application/json"})

        def answer() -> Any:
            with urlopen(request, timeout=10) as response:
                return json.load(response)

        return await asyncio.to_thread(answer)

    async def cases(self, day: str) -> dict[str, dict[str, Any]]:
        """Each person's account of the ledger, with its one case where there is one."""
        ledger = await self(f"/api/ledger?month={day[:7]}")
        return {each["name"]: each for each in ledger["accounts"]}


async def until(what: str, true: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Look again and again until something is so."""
    end = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < end, f"after {seconds:.0f} s still not so: {what}"
        await asyncio.sleep(0.1)


async def moment(at: float) -> None:
    """Wait for an instant of the scenario."""
    assert time.time() < at, "this machine is too slow for the scenario's times"
    await asyncio.sleep(at - time.time())


async def test_a_deadline_of_a_real_asterisk(lab: Lab, tmp_path: Path) -> None:
    stage = Stage(lab.asterisk, lab.driver, lab.sipp, lab.exchange, lab.pool, None)
    phones = {what: stage.agent() for what in PEOPLE}
    relay = await Relay.open(PORT)
    zone, now = midday(), float(int(time.time()))
    counts_from, by, end = now + READY_SECONDS, now + READY_SECONDS + BY_SECONDS, now + SHIFT_SECONDS
    day = datetime.fromtimestamp(now, ZoneInfo(zone)).date().isoformat()

    def agents(*whats: str) -> str:
        return ", ".join(
            f'{{ pbx = "{"west" if each == "hidden" else "lab"}", extension = "{phones[each]}", name = "{PEOPLE[each]}" }}'
            for each in whats
        )

    async def talks(what: str, seconds: float = 1.0) -> None:
        """An agent dials a number that answers, and hangs up."""
        number = stage.number()
        await stage.far(number, Answerer(ring=0.5))
        await (await stage.dial(phones[what], number, Talk(seconds))).done()

    with standins.http() as robot:
        arrived: dict[str, float] = {}
        signed = standins.dingtalk(TOKEN, SECRET)

        def check(path: str) -> standins.Answer | None:
            arrived.setdefault(path, time.time())
            return signed(path)

        robot.check = check
        config = CONFIG.format(
            zone=zone,
            counts_from=datetime.fromtimestamp(counts_from, ZoneInfo(zone)),
            by=datetime.fromtimestamp(by, ZoneInfo(zone)),
            end=datetime.fromtimestamp(end, ZoneInfo(zone)),
            weekday=datetime.fromtimestamp(now, ZoneInfo(zone)).weekday(),
            here=agents("on_time", "late", "not_begun", "away"),
            west=agents("hidden"),
            phones=", ".join(f'"PJSIP/{phones[each]}"' for each in PEOPLE if each != "hidden"),
            hidden=phones["hidden"],
            relay=relay.port,
            robot=robot.address,
        )
        dialwatch = Dialwatch(tmp_path, config, LEADS_URL=f"dingtalk://{SECRET}@{TOKEN}")
        await watched_before(tmp_path, now)
        dialwatch.start()
        try:
            api = Api(dialwatch.url, "real")
            await dialwatch.answering(READY_SECONDS)
            await dialwatch.logged_in("real")

            async def heard() -> bool:
                return [link["state"] for link in (await api("/api/board"))["board"]["links"]] == ["up", "up"]

            await until("both PBXs are heard", heard, READY_SECONDS)
            people = {each["name"]: each["id"] for each in await api("/api/people")}
            leave = {"kind": "leave", "starts_at": counts_from - 60, "ends_at": end, "reason": "体检"}
            await api("/api/absences", leave | {"person": people[PEOPLE["away"]]})

            await moment(counts_from + 1)
            await talks("on_time")
            dropped = asyncio.create_task(relay.drop(by + 3 - time.time()))
            await talks("hidden")
            assert time.time() < by - 1, "this machine is too slow for the scenario's times"

            # Within 5 s of the deadline, naming exactly who had not begun.
            async def told() -> bool:
                return len(robot.bodies) == 2

            await until("a message a team", told, by + 30 - time.time())
            took = max(arrived.values()) - by
            clock = datetime.fromtimestamp(by, ZoneInfo(zone)).strftime("%H:%M")
            names = f"{PEOPLE['late']}、{PEOPLE['not_begun']}"
            assert sorted(body.partition("自 ")[0] for body in robot.bodies) == [
                f"【告警】实验\n朝阳组 上午：到 {clock} 尚未开始外呼 2 人：{names}",
                f"【告警】实验\n远航组 上午：{clock} 开呼检查无法判断 1 人：与交换机 west 的连接",
            ]
            print(f"the message arrived {took:.2f} s after the deadline")
            assert 0 <= took <= 5

            await dropped
            await talks("late")
            board = (await api("/api/board"))["board"]
            shown = {each["name"]: each["first_dials"][-1] for each in board["agents"]}
            verdicts = {what: shown[name]["verdict"] for what, name in PEOPLE.items()}
            assert verdicts == {
                "on_time": "on_time",
                "late": "late",
                "not_begun": "late",
                "away": "excused",
                "hidden": "indeterminate",
            }
            minutes = int((shown[PEOPLE["late"]]["at"] - by) // 60) + 1
            assert (shown[PEOPLE["late"]]["late_minutes"], shown[PEOPLE["away"]]["why"]) == (minutes, "leave")

            # The shift is over: who has not begun has not. The ledger has it with its evidence.
            async def over() -> bool:
                return (await api.cases(day))[PEOPLE["not_begun"]]["not_started"] == 1

            await until("the shift's end is in the ledger", over, end + 20 - time.time())
            ledger = await api.cases(day)
            counts = {
                what: [
                    key
                    for key in ("on_time", "late", "not_started", "indeterminate", "excused")
                    if ledger[name][key]
                ]
                for what, name in PEOPLE.items()
            }
            assert counts == {
                "on_time": ["on_time"],
                "late": ["late"],
                "not_begun": ["not_started"],
                "away": ["excused"],
                "hidden": ["indeterminate"],
            }
            (late,) = ledger[PEOPLE["late"]]["cases"]
            assert (late["minutes"], late["dial_by_at"], late["gaps"]) == (minutes, by, [])
            call = await api(f"/api/calls/{late['call_id']}")
            assert (call["agent"], call["started_at"]) == (phones["late"], late["first_dial_at"])
            (hidden,) = ledger[PEOPLE["hidden"]]["cases"]
            ((cut_from, cut_to),) = hidden["gaps"]
            assert cut_from < by < cut_to
            assert hidden["first_dial_at"] is None
        finally:
            await stage.clear()
            await dialwatch.end(signal.SIGTERM)
            relay.close()


async def watched_before(folder: Path, now: float) -> None:
    """A site that was at work before: nobody is judged by what was before a PBX was first heard."""
    (folder / "data").mkdir()
    store = await Store.open(f"sqlite:///{folder / 'data' / 'dialwatch.db'}")
    await store.upgrade()
    for pbx in ("lab", "west"):
        await store.discipline.begin_check(pbx, now - 3600)
        await store.heard(pbx, now - 3600)
    await store.close()
