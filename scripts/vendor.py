"""Fetch the browser libraries again from their npm packages, or check that they are what was fetched.

``scripts/vendor.py`` needs npm and the network and writes ``dashboard/vendor/``; ``--check`` needs
neither. The only change made to a file is its bare imports (``from "preact"``), which become paths, so
that the pages need no import map and their policy allows no inline script.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "dashboard" / "vendor"
MANIFEST = VENDOR / "manifest.json"

PACKAGES = {
    "preact": ("11", {"dist/preact.mjs": "preact.mjs", "hooks/dist/hooks.mjs": "hooks.mjs", "LICENSE": "preact.LICENSE"}),
    "htm": ("3", {"dist/htm.mjs": "htm.mjs", "LICENSE": "htm.LICENSE"}),
}
IMPORTS = {"preact": "./preact.mjs", "preact/hooks": "./hooks.mjs"}


def fetch() -> None:
    """Write the vendored files and their manifest."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    manifest = {}
    for name, (version, files) in PACKAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run(
                ["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, capture_output=True, text=True
            )
            archive = Path(folder) / made.stdout.strip().splitlines()[-1]
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
            package = Path(folder) / "package"
            about = json.loads((package / "package.json").read_text())
            entry: dict[str, object] = {"version": about["version"], "license": about["license"], "files": {}}
            for source, target in files.items():
                data = _with_paths((package / source).read_text())
                (VENDOR / target).write_text(data)
                entry["files"][target] = {"from": source, "sha256": _digest(VENDOR / target)}  # type: ignore[index]
            manifest[name] = entry
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")


def _with_paths(text: str) -> str:
    text = re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", text)
    return re.sub(
        r'(from|import)\s*"([\w/]+)"', lambda m: f'{m[1]}"{IMPORTS[m[2]]}"' if m[2] in IMPORTS else m[0], text
    )


def check() -> int:
    """How many vendored files are missing, changed or not in the manifest."""
    manifest = json.loads(MANIFEST.read_text())
    known = {name: about["sha256"] for entry in manifest.values() for name, about in entry["files"].items()}
    present = {path.name for path in VENDOR.iterdir()} - {MANIFEST.name}
    wrong = [name for name in known if name not in present or _digest(VENDOR / name) != known[name]]
    wrong += sorted(present - set(known))
    for name in wrong:
        print(f"dashboard/vendor/{name}: not as fetched; run scripts/vendor.py again", file=sys.stderr)
    return len(wrong)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(1 if check() else 0)
    fetch()
