"""All of the files or none, and nothing of anybody else's."""

import os
from pathlib import Path

import pytest

from bunkd_db.errors import ConfigurationError, NotPossible
from bunkd_db.files import write

FILES = {"a.txt": "a\n", "deep/er/b.txt": "b\n"}


def everything(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_makes_the_folders(tmp_path: Path) -> None:
    wrote = write(tmp_path / "new/er", FILES)
    assert everything(tmp_path / "new/er") == FILES
    assert wrote == [tmp_path / "new/er/a.txt", tmp_path / "new/er/deep/er/b.txt"]


def test_the_mode_is_that_of_any_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path, FILES)
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_there_stays_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/b.txt").write_text("mine")
    with pytest.raises(NotPossible, match=r"b\.txt already exists; nothing was written"):
        write(tmp_path, FILES)
    assert everything(tmp_path) == {"deep/er/b.txt": "mine"}
    write(tmp_path, FILES, force=True)
    assert everything(tmp_path) == FILES


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    folder = tmp_path / "out"
    folder.mkdir()
    for target in (outside, tmp_path / "nowhere"):
        (folder / "a.txt").unlink(missing_ok=True)
        (folder / "a.txt").symlink_to(target)
        with pytest.raises(NotPossible):
            write(folder, {"a.txt": "a"})
        write(folder, {"a.txt": "a"}, force=True)
        assert not (folder / "a.txt").is_symlink()
    assert outside.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "deep").symlink_to(elsewhere)
    for force in (False, True):
        with pytest.raises(NotPossible, match="is a link"):
            write(folder, FILES, force=force)
    assert list(elsewhere.iterdir()) == []
    assert not (folder / "a.txt").exists()


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", FILES)
    assert everything(tmp_path / "real") == FILES


@pytest.mark.parametrize("there", ["", "a.txt", "deep"])
def test_what_is_in_the_way_is_named(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "out"
    if there == "a.txt":
        (folder / there).mkdir(parents=True)
    elif there:
        folder.mkdir()
        (folder / there).write_text("a file")
    else:
        folder.write_text("a file")
    with pytest.raises(NotPossible, match="exists and is"):
        write(folder, FILES, force=True)


def test_what_cannot_be_written_is_a_configuration_error(tmp_path: Path) -> None:
    for folder in (Path("/proc/nowhere"), tmp_path / ("x" * 300)):
        with pytest.raises(ConfigurationError, match="cannot write"):
            write(folder, FILES)


def test_nothing_is_left_beside_the_files(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "a"})
    write(tmp_path, {"a.txt": "b"}, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
