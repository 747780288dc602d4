"""An error as one text: what failed, what to do, and commands that can be pasted."""

import pytest

from bunkd_db.errors import NotPossible


@pytest.mark.parametrize(
    ("commands", "shown"),
    [
        ((), "it failed\nDo this:"),
        (("one -a",), "it failed\nDo this: one -a"),
        (("one -a", "two"), "it failed\nDo this:\n  one -a\n  two"),
    ],
)
def test_each_of_several_commands_has_a_line(commands: tuple[str, ...], shown: str) -> None:
    assert str(NotPossible("it failed", "Do this:", *commands)) == shown
