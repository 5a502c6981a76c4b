"""The board as JSON."""

from __future__ import annotations

import json

from tests.web.house import NOON, House, call
from tests.web.serving import within


async def test_the_board_is_what_a_websocket_begins_with(home: House) -> None:
    token = await home.log_in()
    home.board.apply(call(), NOON)
    answer = await home.client.get("/api/board")
    assert answer.headers["content-type"] == "application/json"
    board = answer.json()
    assert board["type"] == "snapshot"
    assert board["board"]["site"]["figures"]["connects"] == 1
    async with home.socket(token) as socket:
        assert json.loads(await within(socket.recv()))["board"] == board["board"]


async def test_every_figure_is_defined_in_both_languages(inside: House) -> None:
    found = (await inside.client.get("/api/definitions")).json()
    keys = {each["key"] for each in found}
    assert {"dials", "connects", "connect_rate", "talk_seconds"} <= keys
    assert all(each["zh"] and each["en"] for each in found)
