-- hosts alone, never a URL
select a.status ->> 'webhook' as webhook,
       a.status ->> 'heartbeat' as heartbeat,
       m.failed ->> 'place' as place,
       m.failed ->> 'problem' as problem,
       s.mode = 'external' and not pg_is_in_recovery() and bunkd.count_workers(s.name) = 0 as unsent
  from bunkd.schedule s
 cross join lateral (select bunkd.read_alert_status(s) as status) as a
  left join lateral (select e.value as failed from jsonb_array_elements(a.status -> 'messages') as e
                      where e.value ->> 'problem' is not null limit 1) as m on true
 where s.name = %(schedule)s
