-- settled is when a tick or a wake read the answer: the call itself ended earlier
select count(*) as calls,
       count(*) filter (where c.outcome = 'timeout') as timeouts,
       count(*) filter (where c.outcome = 'rejected') as rejected,
       count(*) filter (where c.outcome in ('http_error', 'network_error', 'timeout', 'lost')) as failed,
       percentile_cont(0.95) within group (order by extract(epoch from c.settled - c.sent))::double precision as p95,
       (array_agg(c.outcome || coalesce(' ' || c.status_code, '') order by c.id desc))[1] as last_outcome
  from (select * from bunkd.call where schedule = %(schedule)s and settled is not null
           and sent > clock_timestamp() - interval '1 day'
         order by id desc limit 1000) as c
