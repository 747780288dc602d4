"""A verified double of pg_net 0.20.4: an SQL-only extension and the process that sends."""
