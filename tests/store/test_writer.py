"""The writer never blocks and never loses what it can keep: locked, absent, killed, full."""

from __future__ import annotations

import asyncio
import math
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from monitor.errors import StoreError
from monitor.store.outbox import Outbox
from monitor.store.store import Store
from monitor.store.writer import BATCH, Writer
from tests.metrics.test_board import at, dial
from tests.store.test_store import some_calls


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/dialwatch.db"


async def test_latest_value_of_each_call_is_stored(url: str, tmp_path: Path) -> None:
    store = await Store.open(url)
    await store.upgrade()
    writer = Writer(store, tmp_path / "outbox", 1 << 20)
    writer.put(some_calls())
    writer.put(some_calls())
    assert writer.health().pending == 40
    await writer.flush()
    assert await store.calls_between(at("0:00"), at("23:59")) == some_calls()
    assert writer.health().state == "ok"
    await store.close()


async def test_locked_database_spills_and_is_caught_up(url: str, tmp_path: Path) -> None:
    store = await Store.open(url)
    await store.upgrade()
    writer = Writer(store, tmp_path / "outbox", 1 << 20)
    holder = sqlite3.connect(tmp_path / "dialwatch.db")
    holder.execute("BEGIN EXCLUSIVE")
    writer.put(some_calls(5))
    assert not await writer._write_some()
    health = writer.health()
    assert (health.state, health.pending, health.lost) == ("spilling", 0, 0)
    assert health.last_error is not None
    assert "locked" in health.last_error
    writer.put([dial("8024", at("11:00"))])
    holder.rollback()
    holder.close()
    await writer.flush()
    assert len(await store.calls_between(at("0:00"), at("23:59"))) == 6
    assert writer.health().state == "ok"
    assert not (tmp_path / "outbox").exists()
    await store.close()


async def test_what_was_spilled_is_written_after_our_own_restart(url: str, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", 1 << 20)
    assert outbox.append(some_calls(3))
    with (tmp_path / "outbox").open("ab") as file:
        file.write(b"\x40\x00\x00\x00torn")
    store = await Store.open(url)
    await store.upgrade()
    writer = Writer(store, tmp_path / "outbox", 1 << 20)
    await writer.flush()
    assert await store.calls_between(at("0:00"), at("23:59")) == some_calls(3)
    await store.close()


async def test_all_that_waits_when_we_stop_without_a_database_is_in_the_outbox(tmp_path: Path) -> None:
    writer = Writer(await Store.open("postgresql://dialwatch@127.0.0.1:1/none"), tmp_path / "outbox", 1 << 24)
    writer.put(some_calls(BATCH + 30))
    for _ in range(2):
        with pytest.raises(StoreError):
            await writer.flush()
        assert writer.health().pending == 0
        writer.put([dial("8024", at("11:00"))])
    with pytest.raises(StoreError):
        await writer.flush()
    kept, outbox = [], Outbox(tmp_path / "outbox", 1 << 24)
    while batch := outbox.first():
        kept += batch
        outbox.done()
    assert kept[: BATCH + 30] == some_calls(BATCH + 30)
    assert len(kept) == BATCH + 32


async def test_full_outbox_loses_loudly(tmp_path: Path) -> None:
    store = await Store.open("postgresql://dialwatch@127.0.0.1:1/none")
    writer = Writer(store, tmp_path / "outbox", 4096)
    writer.put(some_calls(3))
    assert not await writer._write_some()
    assert writer.health().lost == 0
    writer.put(some_calls(40))
    writer._spill()
    assert (writer.health().lost, writer.health().state) == (40, "losing")


async def test_what_a_full_disk_does_not_take_waits_in_memory(url: str, tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this machine has no /dev/full")
    store = await Store.open(url)
    await store.upgrade()
    writer = Writer(store, tmp_path / "outbox", 1 << 20, memory_changes=6)
    os.symlink(full, tmp_path / "outbox")
    holder = sqlite3.connect(tmp_path / "dialwatch.db")
    holder.execute("BEGIN EXCLUSIVE")
    writer.put(some_calls(4))
    assert not await writer._write_some()
    writer.put([dial("8024", at("11:00"))])
    writer._spill()
    health = writer.health()
    assert (health.state, health.pending, health.lost) == ("spilling", 5, 0)
    writer.put([dial("8024", at(f"12:{minute:02}")) for minute in range(4)])
    writer._spill()
    assert (writer.health().pending, writer.health().lost) == (6, 3)
    holder.rollback()
    holder.close()
    await writer.flush()
    assert len(await store.calls_between(at("0:00"), at("23:59"))) == 6
    assert writer.health().pending == 0
    await store.close()


def limit_files(size: int) -> None:
    """A disk that is full after so many bytes: the kernel writes a part of what is asked, then none."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def test_what_comes_after_a_full_disk_can_be_read(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", 1 << 20)
    assert outbox.append(some_calls(3))
    limit_files(outbox.size + 200)
    try:
        for count in (2, 40):
            with pytest.raises(OSError, match="too large"):
                outbox.append(some_calls(count))
    finally:
        limit_files(resource.RLIM_INFINITY)
    assert outbox.append(some_calls(4))
    again = Outbox(tmp_path / "outbox", 1 << 20)
    for box in (outbox, again):
        assert box.first() == some_calls(3)
    again.done()
    assert again.first() == some_calls(4)
    again.done()
    assert again.empty
    assert not (tmp_path / "outbox").exists()


async def test_a_damaged_outbox_is_set_aside_and_holds_nobody_up(url: str, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    store = await Store.open(url)
    await store.upgrade()
    writer = Writer(store, outbox, 1 << 20)
    writer._keep(some_calls(3))
    outbox.write_bytes(b"x" * outbox.stat().st_size)
    writer.put(some_calls(5))
    await writer.flush()
    assert await store.calls_between(at("0:00"), at("23:59")) == some_calls(5)
    assert (tmp_path / "outbox.unreadable").exists()
    await store.close()


async def test_a_value_the_database_never_takes_is_left_out_loudly(store: Store, tmp_path: Path) -> None:
    writer = Writer(store, tmp_path / "outbox", 1 << 20)
    unfit = msgspec.structs.replace(dial("8024", at("11:00")), started_at=math.nan, hangup_cause=1 << 40)
    writer.put([*some_calls(5), unfit, dial("8024", at("12:00"))])
    await writer.flush()
    assert len(await store.calls_between(at("0:00"), at("23:59"))) == 6
    assert (writer.health().lost, writer.health().state) == (1, "losing")


async def test_texts_from_outside_fit_their_columns(store: Store, tmp_path: Path) -> None:
    writer = Writer(store, tmp_path / "outbox", 1 << 20)
    long = msgspec.structs.replace(dial("8024", at("11:00")), queue="q" * 80, number="1\0" * 200)
    writer.put([long])
    await writer.flush()
    assert await store.call(long.id) == long
    assert writer.health().lost == 0


KILLED = """
import asyncio, sys
from pathlib import Path
from monitor.store.store import Store
from monitor.store.writer import BATCH, Writer
from tests.store.test_store import some_calls

async def main():
    store = await Store.open(sys.argv[1])
    await store.upgrade()
    writer = Writer(store, Path(sys.argv[2]), 1 << 20)
    for number, call in enumerate(some_calls(100000)):
        writer.put([call])
        await writer.flush()
        print(number + 1, flush=True)

asyncio.run(main())
"""


async def test_kill_minus_nine_loses_nothing_that_was_acknowledged(url: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, url, str(tmp_path / "outbox"), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    written = 0
    while written < 25:
        written = int(await process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest = await process.stdout.read()
    await process.wait()
    acknowledged = max([written, *(int(line) for line in rest.split(b"\n")[:-1] if line)])
    store = await Store.open(url)
    stored = await store.calls_between(0, 4e9)
    await store.close()
    assert acknowledged <= len(stored) <= acknowledged + 1
    assert stored == sorted(some_calls(100000)[: len(stored)], key=lambda call: (call.started_at, call.id))
