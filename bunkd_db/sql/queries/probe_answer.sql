select o.outcome, o.status_code, o.job_id, o.detail,
       extract(epoch from clock_timestamp() - %(sent)s)::double precision as seconds
  from bunkd.read_answer(%(schedule)s, %(request)s, %(sent)s) as o
 where o.outcome <> 'lost'
