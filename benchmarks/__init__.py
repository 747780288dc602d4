"""The plain recipe and ours, side by side: one server, one endpoint, one run."""
