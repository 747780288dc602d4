"""What a database's plan can do: the facts, the checks on them, and the verdict."""

from bunkd_db.capabilities.examine import evaluate, examine

__all__ = ["evaluate", "examine"]
