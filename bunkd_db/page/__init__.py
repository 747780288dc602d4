"""The state of the schedules as one static page: no script, no request, 300 kB at most."""
