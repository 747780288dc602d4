"""The peers' packages, in a folder of the benchmark's own: no dependency of the project."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = Path(__file__).parents[2] / "build" / "peers"
PATIENCE = 300.0

PYTHON = {
    "procrastinate": ("procrastinate>=3", "psycopg[binary]", "aiohttp"),
    "pgqueuer": ("pgqueuer>=1", "asyncpg", "aiohttp", "uvloop"),
}
NODE = {
    "graphile-worker": ("graphile-worker@^0.18",),
    "pg-boss": ("pg-boss@^12",),
}
RUNTIME = "node@22"
"""Both want a newer Node than many systems have: the registry has that, too."""


class Missing(Exception):
    """A peer cannot be had here; the text says why."""


def command(peer: str) -> Sequence[str]:
    """What runs a peer's module; it is installed first, where it is not yet."""
    module = "by_" + peer.replace("-", "_")
    if peer in PYTHON:
        python = _in_python(peer)
        return [str(python), str(HERE / f"{module}.py")]
    folder = _in_node(peer)
    node = folder / "node_modules" / "node" / "bin" / "node"
    return ["env", f"PEER_MODULES={folder}", str(node), str(HERE / f"{module}.mjs")]


def _in_python(peer: str) -> Path:
    folder = FOLDER / peer
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", *PYTHON[peer]])
        (folder / "ready").touch()
    return python


def _in_node(peer: str) -> Path:
    folder = FOLDER / peer
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("there is no npm here")
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}\n')
        _run([npm, "install", "--no-audit", "--no-fund", RUNTIME, *NODE[peer]], folder)
        (folder / "ready").touch()
    return folder


def _run(command: Sequence[str], folder: Path | None = None) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Missing(f"{command[0]} did not end within {PATIENCE:g} s") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise Missing(f"its packages were not installed: {lines[-1]}")
