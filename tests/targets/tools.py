"""The programs that judge and run the files: a missing one is a failure that names its package."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.command import ROOT, Finished

HERE = Path(__file__).parent

PACKAGES = {
    "curl": "curl",
    "flock": "util-linux",
    "node": "nodejs",
    "npm": "npm",
    "promtool": "prometheus",
    "systemd-analyze": "systemd",
    "watch": "procps",
}


def tool(name: str) -> str:
    """Where a program is: next to this Python, else on PATH."""
    beside = Path(sys.executable).parent / name
    if beside.is_file():
        return str(beside)
    found = shutil.which(name)
    if found is None and name == "systemd-analyze" and sys.platform != "linux":
        pytest.skip("systemd is for Linux")
    if found is None:
        package = PACKAGES.get(name)
        how = f"apt-get install {package}" if package else "make venv"
        pytest.fail(f"{name} is missing: {how}", pytrace=False)
    return found


def run(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str = "",
    timeout: float = 60,
) -> Finished:
    """Run a program to its end, in an environment that has a PATH and what is given."""
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **(env or {})},
        timeout=timeout,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def judge(name: str, *arguments: str | Path, cwd: Path | None = None) -> Finished:
    """Let a tool look at a file: its exit code is the verdict."""
    return run(tool(name), *arguments, cwd=cwd)


def node_modules() -> Path:
    """The npm packages of package.json, installed once below build/, whoever asks first."""
    named = [HERE / name for name in ("package.json", "package-lock.json")]
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in named)).hexdigest()[:16]
    folder = ROOT / "build/npm" / wanted
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            for path in named:
                shutil.copy(path, folder)
            done = subprocess.run(
                # types and schemas: no package has to run anything, nor bring its binaries
                [
                    tool("npm"),
                    "ci",
                    "--ignore-scripts",
                    "--omit=optional",
                    "--no-audit",
                    "--no-fund",
                ],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                pytest.fail(f"npm ci: {done.stderr}", pytrace=False)
            (folder / "done").touch()
    return folder / "node_modules"
