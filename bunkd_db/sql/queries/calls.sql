-- settled is when a tick or a wake read the answer: the call itself ended earlier. A lost call has no answer, and what
-- an older url or credential was answered says nothing of these.
select count(*) as calls,
       count(*) filter (where c.outcome = 'timeout') as timeouts,
       count(*) filter (where bunkd.is_failure(c.outcome, c.on_timeout)) as failed,
       count(*) filter (where c.outcome = 'lost') as lost,
       percentile_cont(0.95) within group (order by extract(epoch from c.settled - c.sent))::double precision as p95,
       (array_agg(c.outcome order by c.settled desc, c.id desc) filter (where c.outcome <> 'lost'))[1] as last_outcome,
       (array_agg(c.status_code order by c.settled desc, c.id desc)
        filter (where c.outcome <> 'lost'))[1] as last_status
  from (select o.*, s.on_timeout from bunkd.call o join bunkd.schedule s on s.name = o.schedule
         where o.schedule = %(schedule)s and o.settled is not null
           and o.sent > clock_timestamp() - interval '1 day' and coalesce(o.endpoint_since, o.sent) >= s.endpoint_since
         order by o.id desc limit 1000) as c
