"""What `bunkd-db --version` says: the version that pyproject.toml takes from here."""

__version__ = "0.1.0"
