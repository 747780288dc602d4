create or replace view bunkd.status as
select s.name as schedule,
       s.mode,
       s.mode_reason,
       bunkd.is_paused(s) as paused,
       bunkd.find_pace(s) as every,
       s.cron_schedule,
       s.queue_table,
       o.obstacles is null as calls_made,
       o.obstacles,
       f.fence is not null as fenced,
       t.back_off,
       coalesce(f.fence, q.problem, t.problem) as problem,
       q.waiting,
       q.active,
       q.never_claimable,
       q.oldest_wait,
       s.max_in_flight as slots,
       t.slots_in_use,
       t.workers,
       t.failed_wakes,
       t.last_tick,
       (select max(c.sent) from bunkd.call c where c.schedule = s.name) as last_call,
       (select jsonb_object_agg(o.outcome, o.calls)
          from (select coalesce(c.outcome, 'open') as outcome, count(*) as calls from bunkd.call c
                 where c.schedule = s.name and c.sent > statement_timestamp() - interval '1 hour'
                 group by 1) as o) as calls_last_hour,
       s.mode_code
  from bunkd.schedule s
  cross join lateral (select bunkd.fence(s) as fence) as f
  cross join lateral bunkd.read_state(s.name) as t
  cross join lateral bunkd.count_queue(s.name) as q
  cross join lateral (select string_agg(b.detail, '; ') as obstacles from bunkd.find_obstacles(s.name) as b) as o;

comment on view bunkd.status is
  'One row a schedule: its queue, its slots, its last tick and calls, and what stands in its way. Counts stop at '
  '10,000, and oldest_wait looks at no more rows than that; they are null where no index serves the status.';
