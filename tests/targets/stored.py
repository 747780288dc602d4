"""Store the credential as the generated steps say, in a folder that stands in for the machine."""

import re
import shlex
from pathlib import Path

from tests.targets.proof import Place
from tests.targets.tools import run, tool


def steps(place: Place) -> str:
    """What the header of the files says is to be done."""
    texts = [path.read_text() for path in sorted(place.folder.rglob("*")) if path.is_file()]
    [text] = [text for text in texts if "# To do, once:\n" in text]
    comment = text.partition("# To do, once:\n")[2]
    return "\n".join(re.findall(r"^#   (.*)$", comment, re.MULTILINE))


def store(place: Place, path: str) -> Path:
    """Run the one step that asks for the credential; return the file that it made at `path`."""
    [line] = [line for line in steps(place).splitlines() if "read -r credential" in line]
    root = place.folder / "machine"
    target = root / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    assert path in line
    script = 'sudo() { "$@"; }\n' + line.replace(path, shlex.quote(str(target))).replace(
        "-g bunkd", ""
    )
    done = run(tool("sh"), "-c", script, stdin=place.credential + "\n")
    assert done.code == 0, done.all
    assert place.credential not in done.all
    return target
