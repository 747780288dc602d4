-- not a question: the ledger has every call that was sent, a probe when its answer is known
insert into bunkd.call (id, schedule, reason, request, sent, settled, outcome, status_code, job_id, detail)
values (%(call)s, %(schedule)s, 'probe', %(request)s, %(sent)s, clock_timestamp(), %(outcome)s, %(status_code)s,
        %(job_id)s, %(detail)s)
returning id
