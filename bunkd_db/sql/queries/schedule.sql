select s.name,
       s.url,
       s.every,
       bunkd.find_pace(s) as pace,
       s.mode,
       to_jsonb(s) ->> 'mode_code' as mode_code,  -- as text: before revision 0003 there is none
       s.mode_reason,
       s.paused,
       s.cron_schedule,
       to_jsonb(s) ->> 'job_problem' as job_problem,  -- likewise
       s.cron_schedule in (bunkd.write_cron_schedule(s.every, true), bunkd.write_cron_schedule(s.every, false)) as cron_is_current,
       s.timeout_ms,
       s.queue_table,
       s.status_column,
       s.status_waiting,
       s.status_active,
       s.status_done,
       s.status_failed,
       s.queue_where,
       s.queue_owner,
       s.wake,
       s.rescue_after <> '0' as rescues,
       bunkd.has_credential(s.name) as credential,
       bunkd.fence(s) as fence,
       s.system_identifier is not null as knows_cluster,
       s.timeline is not null as knows_timeline
  from bunkd.schedule s
 where s.name = %(schedule)s
