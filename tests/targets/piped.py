"""Run the step that pipes the credential to a host's own program, which is a stand-in here."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.targets.proof import Place
from tests.targets.tools import run, tool

STAND_IN = """\
{program}() {{ printf '%s\\n' "$@" >{folder}/arguments; cat >{folder}/input; }}
{step}
"""


@dataclass(frozen=True)
class Piped:
    """What the program was given."""

    arguments: list[str]
    input: str


def pipe(place: Place, program: str, folder: Path) -> Piped:
    """Answer the step's question with the credential."""
    texts = [path.read_text() for path in place.folder.rglob("*") if path.is_file()]
    [step] = re.findall(r"^(?:#|//)   (.*read -r credential.*)$", "\n".join(texts), re.MULTILINE)
    script = STAND_IN.format(program=program, folder=folder, step=step)
    done = run(tool("sh"), "-c", script, stdin=place.credential + "\n")
    assert done.code == 0, done.all
    assert place.credential not in done.all
    arguments = (folder / "arguments").read_text().splitlines()
    assert all(place.credential not in argument for argument in arguments)
    return Piped(arguments, (folder / "input").read_text())
