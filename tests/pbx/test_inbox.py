"""The queue between reader and consumer: in order, bounded, and honest about what it lost."""

from __future__ import annotations

import asyncio

from monitor.pbx.inbox import Inbox


def test_first_in_first_out() -> None:
    inbox = Inbox(10)
    inbox.put([b"a", b"b"], 1.0)
    inbox.put([b"c"], 2.0)
    assert len(inbox) == 3
    assert inbox.take() == ([b"a", b"b"], 1.0)
    assert inbox.take() == ([b"c"], 2.0)
    assert inbox.take() is None
    assert len(inbox) == 0


def test_what_does_not_fit_is_counted_from_the_first_on() -> None:
    inbox = Inbox(3)
    inbox.put([b"a", b"b"], 1.0)
    inbox.put([b"c", b"d"], 2.0)
    inbox.put([b"e"], 3.0)  # would fit, but there is a hole before it
    assert (inbox.lost, inbox.lost_since) == (3, 2.0)
    assert inbox.take() == ([b"a", b"b"], 1.0)
    inbox.put([b"f"], 4.0)
    assert inbox.lost == 4
    assert inbox.take() is None


def test_reopened_it_takes_again_and_remembers_the_total() -> None:
    inbox = Inbox(1)
    inbox.put([b"a", b"b"], 1.0)
    inbox.reopen()
    inbox.put([b"c"], 2.0)
    assert (inbox.lost, inbox.lost_since) == (2, None)
    assert inbox.take() == ([b"c"], 2.0)


def test_cleared_it_is_empty_and_open() -> None:
    inbox = Inbox(1)
    inbox.put([b"a"], 1.0)
    inbox.put([b"b"], 2.0)
    inbox.clear()
    assert (len(inbox), inbox.take(), inbox.lost, inbox.lost_since) == (0, None, 1, None)


async def test_waiting_ends_when_something_comes() -> None:
    inbox = Inbox(10)
    waiting = asyncio.create_task(inbox.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.put([b"a"], 1.0)
    await asyncio.wait_for(waiting, 5)
    await asyncio.wait_for(inbox.wait(), 5)


async def test_waiting_ends_when_something_was_lost() -> None:
    inbox = Inbox(0)
    waiting = asyncio.create_task(inbox.wait())
    await asyncio.sleep(0)
    inbox.put([b"a"], 1.0)
    await asyncio.wait_for(waiting, 5)
    await asyncio.wait_for(inbox.wait(), 5)
