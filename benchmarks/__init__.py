"""The plain recipe, ours, and what one would pick instead, side by side: one server, one endpoint, one run."""
