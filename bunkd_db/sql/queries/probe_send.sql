-- not a question: the one real call of check --probe
with call as materialized (select nextval('bunkd.call_id_seq') as id)
select c.id as call,
       s.timeout_ms,
       clock_timestamp() as sent,
       net.http_post(
         url := s.url,
         body := s.body,
         headers := bunkd.request_headers(s) || jsonb_build_object('X-Bunkd-Call', c.id::text, 'X-Bunkd-Reason', 'probe'),
         timeout_milliseconds := s.timeout_ms) as request
  from bunkd.schedule s
 cross join call c
 where s.name = %(schedule)s
