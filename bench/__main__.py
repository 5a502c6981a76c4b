"""``python -m bench NAME [options]``: one benchmark; it prints a table."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

NAMES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if "def main(" in path.read_text("utf-8")
)


def run(arguments: list[str]) -> int:
    """Run the bench named first; 2 for a name that is none."""
    if not arguments or arguments[0] not in NAMES:
        print(f"python -m bench {{{','.join(NAMES)}}} [options]", file=sys.stderr)
        return 2
    importlib.import_module(f"bench.{arguments[0]}").main(arguments[1:])
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
