"""The hand on the switchboard: AMI actions that drive a scenario, and nothing heard."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Self

HOST = "127.0.0.1"
PORT = 5038
TLS_PORT = 5039


class Driver:
    """One AMI session without events. Actions wait for their response; one at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = asyncio.Lock()
        self._last = 0

    @classmethod
    async def login(cls) -> Self:
        """Connect as ``driver``; raises OSError while Asterisk does not listen or refuses."""
        reader, writer = await asyncio.open_connection(HOST, PORT)
        driver = cls(reader, writer)
        await reader.readline()
        if (await driver.action("Login", Username="driver", Secret="lab-driver"))["Response"] != "Success":
            raise ConnectionRefusedError("AMI login of the lab's driver")
        return driver

    async def action(self, name: str, **fields: str) -> dict[str, str]:
        """Do an action and return its response; ``Output`` lines are joined. Raises ConnectionError at EOF."""
        async with self._lock, asyncio.timeout(20):
            self._last += 1
            tag = f"lab-{self._last}"
            head = {"Action": name, "ActionID": tag, **fields}
            self._writer.write(("".join(f"{k}: {v}\r\n" for k, v in head.items()) + "\r\n").encode())
            while True:
                answer = await self._message()
                if answer.get("ActionID") == tag and "Response" in answer:
                    return answer

    async def command(self, line: str) -> str:
        """Run a CLI command and return what it printed."""
        return (await self.action("Command", Command=line)).get("Output", "")

    async def channels(self, prefix: str = "") -> list[str]:
        """Names of the living channels that begin with ``prefix``."""
        lines = (await self.command("core show channels concise")).splitlines()
        names = [line.split("!")[0] for line in lines if "!" in line]
        return [name for name in names if name.startswith(prefix)]

    async def channel(self, prefix: str, seconds: float = 10) -> str:
        """The first channel that begins with ``prefix``, waited for."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := await self.channels(prefix):
                return found[0]
            await asyncio.sleep(0.05)
        raise TimeoutError(f"no channel {prefix}* within {seconds} s")

    async def close(self) -> None:
        """Drop the session."""
        self._writer.close()

    async def _message(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        while True:
            line = await self._reader.readline()
            if not line:
                raise ConnectionError("Asterisk closed the driver's session")
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text:
                return fields
            key, _, value = re.sub(r"^(\w+):$", r"\1: ", text).partition(": ")
            fields[key] = f"{fields[key]}\n{value}" if key == "Output" and key in fields else value
