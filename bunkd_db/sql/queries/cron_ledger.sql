select s.name as schedule,
       s.url,
       c.outcome,
       c.status_code as status,
       bunkd.is_failure(c.outcome, s.on_timeout) as failed,
       c.settled as at,
       extract(epoch from clock_timestamp() - c.settled)::double precision as ago
  from bunkd.schedule s
  left join lateral (select o.outcome, o.status_code, o.settled from bunkd.call o
                      where o.schedule = s.name and o.settled is not null order by o.id desc limit 1) as c on true
 order by s.name
