-- not a question: the one real call of check --probe, and of a rotation with the next credential
with made as materialized (select nextval('bunkd.call_id_seq') as id)
select m.id as call,
       s.timeout_ms,
       clock_timestamp() as sent,
       (bunkd.post_calls(s, array[m.id], 'probe', %(place)s))[1] as request
  from bunkd.schedule s
 cross join made m
 where s.name = %(schedule)s
