select s.schedule, s.status from bunkd.read_status(%(schedule)s::text) as s
