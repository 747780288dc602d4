select bunkd.read_schedules(%(schedule)s::text) as answer
