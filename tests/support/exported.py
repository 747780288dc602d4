"""The settings that a page of the documentation exports."""

import re


def exported(text: str) -> dict[str, str]:
    """Each `export BUNKD_…='…'` of a text, by name."""
    return dict(re.findall(r"^export (BUNKD_\w+)='(.*)'$", text, re.MULTILINE))
