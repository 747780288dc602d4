-- not a question: the one real call of check --probe
with call as materialized (select nextval('bunkd.call_id_seq') as id)
select c.id as call,
       s.timeout_ms,
       clock_timestamp() as sent,
       (bunkd.post_calls(s, array[c.id], 'probe'))[1] as request
  from bunkd.schedule s
 cross join call c
 where s.name = %(schedule)s
