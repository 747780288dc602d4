-- where alerts and heartbeats of a schedule go, by host, and how they are; never a URL
select bunkd.read_alert_status(s) as status,
       (select jsonb_object_agg(c.place, jsonb_build_object(
                 'store', c.store, 'set_at', to_char(c.set_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
          from bunkd.credential c
         where c.schedule = s.name and c.place in ('alert', 'heartbeat') and c.store <> 'removed') as kept
  from bunkd.schedule s
 where s.name = %(schedule)s
