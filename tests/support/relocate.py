"""A private installation that borrows the packages' files and adds extensions of ours.

PostgreSQL looks for its libraries and extensions beside its own binary. A copied binary among links
therefore sees a whole installation, in which a double is as available as a packaged extension.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.support.packages import BASE, SHARE, Packages
from tests.support.supabase import HERE, Files


def relocate(found: Packages, files: Files, folder: Path) -> Path:
    """Make the installation under `folder` and return where its programs are."""
    version = str(found.major)
    base, share = (folder / str(path).lstrip("/") / version for path in (BASE, SHARE))
    programs = base / "bin"
    programs.mkdir(parents=True)
    # Links would be followed, and lead back to the packages.
    for name in ("initdb", "postgres"):
        shutil.copy(found.bin / name, programs)
    _link((BASE / version / "lib").iterdir(), base / "lib")
    _link((p for p in (SHARE / version).iterdir() if p.name != "extension"), share)
    hidden = (*(() if files.net else ("pg_net",)), *(() if files.http else ("http.", "http--")))
    shown = (p for p in found.extensions.iterdir() if not p.name.startswith(hidden))
    _link(shown, share / "extension")
    _add(files.libraries, base / "lib")
    _add(files.extensions, share / "extension")
    return programs


def copy_hooks(folder: Path) -> Path:
    """The scripts that pgextwlist runs, where the server's user can read them."""
    return Path(shutil.copytree(HERE / "extwlist", folder / "extwlist"))


def _link(sources: Iterable[Path], destination: Path) -> None:
    destination.mkdir(parents=True, exist_ok=True)
    for source in sources:
        (destination / source.name).symlink_to(source)


def _add(sources: Iterable[Path], destination: Path) -> None:
    for source in sources:
        target = destination / source.name
        target.unlink(missing_ok=True)
        shutil.copy(source, target)
        target.chmod(0o644)
