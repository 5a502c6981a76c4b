"""``python -m tests.real.lab OUT [SCENARIO …]``: records scenarios (default all) as captures with their truth."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from .lab import SCENARIOS, Lab


async def main(folder: Path, names: list[str]) -> None:
    """Record the named scenarios one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    async with await Lab.open() as lab:
        for name in names or list(SCENARIOS):
            print(await lab.record(SCENARIOS[name], folder), flush=True)


if len(sys.argv) < 2 or set(sys.argv[2:]) - set(SCENARIOS):
    sys.exit(f"{__doc__}\nscenarios: {' '.join(SCENARIOS)}")
asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
