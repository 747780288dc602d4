"""`make demo`: a server, a queue, and the database that calls for its jobs."""
