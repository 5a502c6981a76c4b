"""Fetch the browser libraries again from their npm packages, or check that they are what was fetched.

``scripts/vendor.py`` needs npm and the network and writes ``dashboard/vendor/``; ``--check`` needs
neither. The only changes made to a file are its bare imports (``from "preact"``), which become paths, so
that the pages need no import map and their policy allows no inline script, and the note where its source
map would be. The manifest names version, licence, and the SHA-256 of each file as it lies here.
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
from typing import Any

VENDOR = Path(__file__).resolve().parent.parent / "dashboard" / "vendor"
MANIFEST = VENDOR / "manifest.json"

PACKAGES: dict[str, tuple[str, dict[str, str]]] = {
    "preact": (
        "11.2.0",
        {"dist/preact.mjs": "preact.mjs", "hooks/dist/hooks.mjs": "hooks.mjs", "LICENSE": "preact.LICENSE"},
    ),
    "htm": ("3.1.1", {"dist/htm.mjs": "htm.mjs", "LICENSE": "htm.LICENSE"}),
}
"""Package → (version, file in the package → its name here)."""

IMPORTS = {"preact": "./preact.mjs", "preact/hooks": "./hooks.mjs"}


def fetch() -> None:
    """Write the vendored files and their manifest."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    manifest = {}
    for name, (version, files) in PACKAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run(
                ["npm", "pack", "--silent", f"{name}@{version}"],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            )
            with tarfile.open(Path(folder) / made.stdout.strip().splitlines()[-1]) as packed:
                packed.extractall(folder, filter="data")
            manifest[name] = _copied(Path(folder) / "package", files)
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")


def _copied(package: Path, files: dict[str, str]) -> dict[str, Any]:
    about = json.loads((package / "package.json").read_text("utf-8"))
    taken = {}
    for source, target in files.items():
        text = (package / source).read_text("utf-8")
        (VENDOR / target).write_text(_with_paths(text) if target.endswith(".mjs") else text, "utf-8")
        taken[target] = {"from": source, "sha256": _digest(VENDOR / target)}
    return {"version": about["version"], "license": about["license"], "files": taken}


def _with_paths(text: str) -> str:
    """A module with its bare imports as paths. Raises ``KeyError`` for a package that is not vendored."""
    text = re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", text)
    return re.sub(r'(from|import)\s*"([^"./][^"]*)"', lambda found: f'{found[1]}"{IMPORTS[found[2]]}"', text)


def check() -> int:
    """How many vendored files are missing, changed or not in the manifest."""
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    known = {name: about["sha256"] for entry in manifest.values() for name, about in entry["files"].items()}
    # The .d.mts beside a library are ours: what of it the pages use, for the type checker.
    present = {path.name for path in VENDOR.iterdir() if not path.name.endswith(".d.mts")} - {MANIFEST.name}
    wrong = [name for name in known if name not in present or _digest(VENDOR / name) != known[name]]
    wrong += sorted(present - set(known))
    for name in wrong:
        print(f"dashboard/vendor/{name}: not as fetched; run scripts/vendor.py again", file=sys.stderr)
    versions = {name: entry["version"] for name, entry in manifest.items()}
    for name, (version, _) in PACKAGES.items():
        if versions.get(name) != version:
            print(f"{name}: {versions.get(name)} is here, {version} is wanted", file=sys.stderr)
            wrong.append(name)
    return len(wrong)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(1 if check() else 0)
    fetch()
