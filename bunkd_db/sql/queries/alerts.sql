-- hosts alone, never a URL
select a.status ->> 'webhook' as webhook,
       a.status ->> 'heartbeat' as heartbeat,
       m.failed ->> 'place' as place,
       m.failed ->> 'problem' as problem,
       s.mode = 'external' and not pg_is_in_recovery() and bunkd.count_workers(s.name) = 0 as unsent
  from bunkd.schedule s
 cross join lateral (select bunkd.read_alert_status(s) as status) as a
  left join lateral (
    -- the newest come first: what was given up is over once a later one has arrived there
    select e.value as failed from jsonb_array_elements(a.status -> 'messages') with ordinality as e (value, n)
     where e.value ->> 'problem' is not null
       and (e.value ->> 'due' is not null
            or not exists (select from jsonb_array_elements(a.status -> 'messages') with ordinality as o (value, n)
                            where o.n < e.n and o.value ->> 'place' = e.value ->> 'place'
                              and o.value ->> 'told' is not null
                              and coalesce(o.value ->> 'problem', o.value ->> 'due') is null))
     order by e.n limit 1) as m on true
 where s.name = %(schedule)s
