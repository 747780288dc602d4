"""The checks: a module is found by being here; see `bunkd_db.capabilities.registry`."""
