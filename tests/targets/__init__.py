"""The files for each external scheduler: judged by a real tool, and run against a real server."""
