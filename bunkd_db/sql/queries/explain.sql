select j.schedule, j.answer from bunkd.explain_job(%(job)s::text, %(schedule)s::text) as j
