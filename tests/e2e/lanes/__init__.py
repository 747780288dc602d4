"""Lanes on a real server with the real pgsql-http: its package, or the tree of BUNKD_TEST_HTTP_ROOT."""
