-- not a question: as probe_send, where lanes send: it waits for the answer itself
select p.call, p.sent, null::bigint as request, p.outcome, p.status_code, p.job_id, p.detail, p.seconds
  from bunkd.probe_by_http(%(schedule)s, %(place)s) as p
