"""What an external scheduler does: a plain POST, again and again."""

import json
import urllib.request
from collections.abc import Callable


def post(url: str, token: str) -> str:
    """One call of the function; what it answered."""
    request = urllib.request.Request(
        url,
        data=b"{}",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=35) as answer:
        said = json.load(answer)
    return str(said.get("message", "a job is done"))


def post_until_idle(url: str, token: str, after_each: Callable[[], object]) -> int:
    """Call until there is nothing left to do; how many calls it took."""
    calls = 1
    while post(url, token) != "No jobs available":
        after_each()
        calls += 1
    return calls
