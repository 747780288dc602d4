select s.name, p.calls, p.limited_by,
       (select count(*) from bunkd.slot o where o.schedule = s.name and o.call is not null) as in_flight
  from bunkd.schedule s cross join lateral bunkd.plan_calls(s, 'tick') as p
 where s.mode = 'native' and bunkd.fence(s) is null and s.url is not null and bunkd.has_credential(s.name)
