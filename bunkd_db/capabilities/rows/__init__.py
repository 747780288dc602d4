"""The rows that several checks look at; one that a single check looks at is in its module."""
