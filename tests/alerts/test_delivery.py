"""Delivery over real servers and a clock of our own: order, retry, pace, bounds, restarts; nothing twice, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
import pytest_asyncio

from monitor.alerts import line as lines
from monitor.alerts.delivery import Ledger, new_delivery, taken_up
from monitor.alerts.line import GIVE_UP_SECONDS, Line
from monitor.alerts.words import Text
from monitor.errors import StoreError
from monitor.notices import Alert, Delivery, DeliveryState, What
from tests.alerts import standins
from tests.alerts.scene import WRITER
from tests.alerts.test_outlet import channel
from tests.clock import FakeClock
from tests.web.serving import until, within


class Kept:
    """A store that can be away."""

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}
        self.rows: dict[str, Delivery] = {}
        self.history: list[tuple[str, DeliveryState]] = []
        self.away = False

    async def put(self, alerts: list[Alert], deliveries: list[Delivery]) -> None:
        if self.away:
            raise StoreError("away")
        self.alerts |= {each.id: each for each in alerts}
        self.rows |= {each.id: each for each in deliveries}
        self.history += [(each.body, each.state) for each in deliveries]

    async def unfinished(self) -> list[Delivery]:
        return [
            row for row in self.rows.values() if row.state in (DeliveryState.WAITING, DeliveryState.SENDING)
        ]

    def states(self) -> list[str]:
        return [row.state.value for row in self.rows.values()]


class NoFiles:
    """No report was ever sent."""

    async def one(self, number: int) -> None:
        return None

    async def kept(self, number: int) -> None:
        return None


NO_FILES = NoFiles()


class Post:
    """A clock, a store, and lines to local servers."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.kept = Kept()
        self.ledger = Ledger(self.kept)  # type: ignore[arg-type]
        self._lines: list[tuple[Line, asyncio.Task[None]]] = []

    async def line(self, url: str, **values: object) -> Line:
        made = Line(channel(url, **values), WRITER, "zh-CN", self.clock, self.ledger, NO_FILES)
        await made.open()
        self._lines.append((made, asyncio.ensure_future(made.run())))
        return made

    async def send(self, line: Line, *bodies: str) -> list[Delivery]:
        made = [
            new_delivery("leads", What.RAISED, Text("告警", body), self.clock.now(), "x@1") for body in bodies
        ]
        await self.ledger.write(deliveries=made)
        for each in made:
            dropped = line.put(each)
            if dropped is not None:
                await self.ledger.write(deliveries=[dropped])
        return made

    async def stop(self) -> None:
        for line, task in self._lines:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            line.close()
        self._lines.clear()

    async def retried(self, seconds: float) -> None:
        """Let the pause before the next try pass."""
        await within(self.clock.until_sleeping(seconds * 0.9))
        await self.clock.advance(seconds)


@pytest_asyncio.fixture
async def post() -> AsyncIterator[Post]:
    made = Post()
    yield made
    await made.stop()


@asynccontextmanager
async def no_wait() -> AsyncIterator[standins.Http]:
    with standins.http() as server:
        yield server


async def test_messages_go_out_in_order_one_by_one_and_are_written_before_and_after(post: Post) -> None:
    async with no_wait() as server:
        line = await post.line(f"json://{server.address}")
        await post.send(line, "a", "b", "c")
        await until(lambda: post.kept.states() == ["sent"] * 3)
        assert server.bodies == ["告警\na", "告警\nb", "告警\nc"]
        assert [state for body, state in post.kept.history if body == "b"] == [
            DeliveryState.WAITING,
            DeliveryState.SENDING,
            DeliveryState.SENT,
        ]


async def test_what_fails_is_tried_again_later_and_later_in_order(post: Post) -> None:
    async with no_wait() as server:
        server.answers = [(500, {}), (500, {})]
        line = await post.line(f"json://{server.address}")
        await post.send(line, "a", "b")
        await within(post.clock.until_sleeping(4))
        (a, b) = post.kept.rows.values()
        assert (a.state, a.tries, b.tries) == (DeliveryState.WAITING, 1, 0)
        assert "500" in a.last_error or "Internal" in a.last_error
        await post.clock.advance(5)
        await post.retried(10)
        await until(lambda: post.kept.states() == ["sent"] * 2)
        assert server.bodies == ["告警\na", "告警\nb"]
        assert [row.tries for row in post.kept.rows.values()] == [3, 1]
        assert [row.last_error for row in post.kept.rows.values()] == ["", ""]


async def test_a_channel_that_hangs_delays_no_other(post: Post) -> None:
    async with no_wait() as hanging, no_wait() as well:
        hanging.hold.clear()
        stuck = await post.line(f"json://{hanging.address}")
        free = await post.line(f"json://{well.address}")
        await post.send(stuck, "stuck")
        await until(hanging.holding.is_set)
        await post.send(free, "free")
        await until(lambda: well.bodies == ["告警\nfree"])
        assert hanging.bodies == []
        hanging.hold.set()
        await until(lambda: hanging.bodies == ["告警\nstuck"])


async def test_under_the_robots_limit_many_messages_go_together_and_none_is_lost(post: Post) -> None:
    async with no_wait() as server:
        line = await post.line("dingtalk://0a1b2c3d4e5f", host=f"http://{server.address}", per_minute=4)
        await post.send(line, *[f"<{number}>" for number in range(50)])
        await until(lambda: post.kept.states() == ["sent"] * 50)
        assert len(server.received) == 3
        text = "".join(server.bodies)
        assert [text.count(f"<{number}>") for number in range(50)] == [1] * 50
        assert server.bodies[0].startswith("告警\n<0>\n\n<1>")
        await post.send(line, "next", "and")
        await until(lambda: post.kept.states() == ["sent"] * 52)
        assert server.bodies[-1] == "告警\nnext\n\nand"
        await post.send(line, "too many for this minute")
        await within(post.clock.until_sleeping(59))
        assert len(server.received) == 4
        await post.clock.advance(60)
        await until(lambda: post.kept.states() == ["sent"] * 53)


async def test_a_robot_that_blocks_us_is_left_alone_for_ten_minutes(post: Post) -> None:
    async with no_wait() as server:
        server.answers = [(200, {"errcode": 410100, "errmsg": "too fast"})]
        line = await post.line("dingtalk://0a1b2c3d4e5f", host=f"http://{server.address}")
        await post.send(line, "a")
        await within(post.clock.until_sleeping(590))
        await post.clock.advance(590)
        assert server.bodies == []
        await post.clock.advance(15)
        await until(lambda: post.kept.states() == ["sent"])


async def test_too_many_waiting_drop_the_oldest_and_say_so(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MOST_WAITING", 3)
    line = Line(channel("json://127.0.0.1:1"), WRITER, "zh-CN", post.clock, post.ledger, NO_FILES)
    await post.send(line, *"abcde")
    assert post.kept.states() == ["dropped", "dropped", "waiting", "waiting", "waiting"]
    assert [row.last_error for row in post.kept.rows.values()][0] == "too many were waiting"
    line.close()


async def test_what_is_too_old_is_given_up(post: Post) -> None:
    async with no_wait() as server:
        server.answer = (500, {})
        line = await post.line(f"json://{server.address}")
        await post.send(line, "a")
        await within(post.clock.until_sleeping(4))
        post.clock.step(GIVE_UP_SECONDS)
        await post.clock.advance(5)
        await until(lambda: post.kept.states() == ["given_up"])
        assert next(iter(post.kept.rows.values())).tries == 2


async def test_after_a_restart_what_waited_goes_out_and_what_was_under_way_does_not(post: Post) -> None:
    async with no_wait() as server:
        server.answers = [(500, {})]
        line = await post.line(f"json://{server.address}")
        (failed,) = await post.send(line, "waits")
        await within(post.clock.until_sleeping(4))
        await post.stop()
        under_way = msgspec.structs.replace(failed, id="u", body="under way", state=DeliveryState.SENDING)
        elsewhere = msgspec.structs.replace(failed, id="e", body="elsewhere", channel="gone")
        unfinished = [*await post.kept.unfinished(), under_way, elsewhere]
        again = taken_up(unfinished, {"leads"}, post.clock.now())
        assert [each.state.value for each in again] == ["waiting", "uncertain", "given_up"]
        line = await post.line(f"json://{server.address}")
        line.put(again[0])
        await post.clock.advance(5)
        await until(lambda: server.bodies == ["告警\nwaits"])
        await until(lambda: post.kept.rows[failed.id].state is DeliveryState.SENT)


async def test_an_end_in_the_middle_of_sending_waits_for_what_came_of_it(post: Post) -> None:
    async with no_wait() as server:
        server.hold.clear()
        line = await post.line(f"json://{server.address}")
        await post.send(line, "a")
        await until(server.holding.is_set)
        stopping = asyncio.ensure_future(post.stop())
        await asyncio.sleep(0)
        assert post.kept.states() == ["sending"]
        server.hold.set()
        await within(stopping)
        assert post.kept.states() == ["sent"]


async def test_while_the_store_is_away_messages_go_out_and_are_written_later(post: Post) -> None:
    async with no_wait() as server:
        line = await post.line(f"json://{server.address}")
        post.kept.away = True
        await post.send(line, "a")
        await until(lambda: server.bodies == ["告警\na"])
        assert post.kept.rows == {}
        post.kept.away = False
        await post.send(line, "b")
        await until(lambda: post.kept.states() == ["sent", "sent"])


async def test_a_test_message_goes_past_what_waits_and_is_tried_once(post: Post) -> None:
    async with no_wait() as server:
        server.answers = [(500, {})]
        line = await post.line(f"json://{server.address}")
        await post.send(line, "waits")
        await within(post.clock.until_sleeping(4))
        tested = await line.test()
        assert (tested.state, tested.what) == (DeliveryState.SENT, What.TEST)
        assert server.bodies == ["【测试】华东\nDialwatch 测试消息，通道 leads 可用。"]
        server.answers = [(500, {})]
        failed = await line.test()
        assert (failed.state, failed.tries) == (DeliveryState.GIVEN_UP, 1)
        assert failed.last_error
        assert {row.state.value for row in post.kept.rows.values()} == {"sent", "given_up", "waiting"}


async def test_a_channel_without_a_usable_url_says_so_and_stops_nothing(post: Post) -> None:
    line = await post.line("nonsense://really")
    assert "is no Apprise URL" in line.info().fault
    await post.send(line, "a")
    await until(lambda: post.kept.states() == ["given_up"])
    assert "is no Apprise URL" in next(iter(post.kept.rows.values())).last_error
