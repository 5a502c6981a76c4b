"""Sets a PDF in a process of its own: ``python -m monitor.reports.press``, JSON on stdin, the PDF on stdout.

The typesetter holds the interpreter's lock while it works, some tenths of a second: in the server's own process the
live board would stand still meanwhile. Nothing but the typesetter is imported here, so that it starts at once.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

NO_FONT = 4
"""Exit code where none of the wanted fonts is there."""


def main() -> int:
    """Set what stands on stdin: ``template``, ``folders`` with fonts, wanted ``fonts``, ``at``, ``data``."""
    import typst  # heavy, and the server imports this module for its exit code

    asked = json.load(sys.stdin)
    fonts = typst.Fonts(font_paths=asked["folders"])
    known = set(fonts.families())
    font = next((family for family in asked["fonts"] if family in known), None)
    if font is None:
        return NO_FONT
    found = typst.compile(
        asked["template"],
        format="pdf",
        font_paths=fonts,
        sys_inputs={"data": json.dumps({**asked["data"], "fonts": [font]})},
        timestamp=datetime.fromtimestamp(asked["at"], UTC),
    )
    sys.stdout.buffer.write(bytes(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
