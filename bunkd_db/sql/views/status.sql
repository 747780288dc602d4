create or replace view bunkd.status as
select s.name as schedule,
       s.mode,
       s.mode_reason,
       s.paused,
       s.every,
       s.cron_schedule,
       s.queue_table,
       bunkd.fence(s) is not null as fenced,
       t.back_off,
       coalesce(q.problem, t.problem) as problem,
       q.waiting,
       q.active,
       q.never_claimable,
       q.oldest_wait,
       s.max_in_flight as slots,
       (select count(*) from bunkd.slot o where o.schedule = s.name and o.request is not null) as slots_in_use,
       (select count(*) from bunkd.worker w where w.schedule = s.name and w.seen > statement_timestamp() - interval '1 minute') as workers,
       (select case when w.is_called then w.last_value else 0 end from bunkd.wake_failed w) as failed_wakes,
       t.at as last_tick,
       (select max(c.sent) from bunkd.call c where c.schedule = s.name) as last_call,
       (select jsonb_object_agg(o.outcome, o.calls)
          from (select coalesce(c.outcome, 'open') as outcome, count(*) as calls from bunkd.call c
                 where c.schedule = s.name and c.sent > statement_timestamp() - interval '1 hour'
                 group by 1) as o) as calls_last_hour
  from bunkd.schedule s
  left join bunkd.last_tick t on t.schedule = s.name
  cross join lateral bunkd.queue_counts(s.name) as q;

comment on view bunkd.status is
  'One row a schedule: its queue, its slots, its last tick and calls, and what stands in its way. Counts stop at 10,000, and oldest_wait looks at no more rows than that.';
