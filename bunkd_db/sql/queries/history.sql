select bunkd.read_history(%(schedule)s::text) as answer
