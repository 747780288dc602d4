"""Write files below a folder, all of them or none, and nothing of anybody else's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from bunkd_db.errors import ConfigurationError, NotPossible


def write(folder: Path, files: Mapping[str, str], *, force: bool = False) -> list[Path]:
    """Write texts by their path below the folder, which is made; return where they are.

    Everything is looked at before anything is written. A link below the folder is never followed;
    with `force` one in the place of a file is replaced, as the file would be.

    Raises:
        NotPossible: a file is there already, or could only be written outside of the folder.
        ConfigurationError: the folder cannot be written to.
    """
    try:
        _look(folder, files, force)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            _write(folder / path, text, force)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {error.filename or folder}: {error.strerror}",
            "Name another folder with --output.",
        ) from error
    return [folder / path for path in files]


def replace(path: Path, text: str) -> None:
    """Put a text under a path at once and whole: a reader sees the old file or the new one.

    A link in the place of the file is replaced, and not followed.

    Raises:
        ConfigurationError: it cannot be written there, or what is there is no file.
    """
    try:
        # a device: to replace it would harm everybody
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{path} is not a file", "Name a file; - is standard output.")
        _write(path, text, force=True)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {path}: {error.strerror}",
            "Name a file in a directory that exists and that you can write to.",
        ) from error


def _look(folder: Path, files: Iterable[str], force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise NotPossible(f"{folder} exists and is not a directory")
    there = []
    for path in files:
        *parents, _ = (folder / path).relative_to(folder).parents
        for parent in (folder / parent for parent in parents):
            if parent.is_symlink():
                raise NotPossible(f"{parent} is a link and would lead out of {folder}")
            if parent.exists() and not parent.is_dir():
                raise NotPossible(f"{parent} exists and is not a directory")
        target = folder / path
        if target.is_dir() and not target.is_symlink():
            raise NotPossible(f"{target} exists and is a directory")
        if os.path.lexists(target):
            there.append(str(target))
    if there and not force:
        are = "already exists" if len(there) == 1 else "already exist"
        raise NotPossible(
            f"{', '.join(there)} {are}; nothing was written", "Use --force to overwrite."
        )


def _write(target: Path, text: str, force: bool) -> None:
    """Put the text under the name at once and whole; without `force` only where the name is free."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o666 & ~_umask())
        if force:
            os.replace(name, target)
        else:
            os.link(name, target)  # fails where somebody was quicker
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask
