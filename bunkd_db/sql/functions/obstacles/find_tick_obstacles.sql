create or replace function bunkd.find_tick_obstacles(p_schedule bunkd.schedule, p_job bigint)
returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_every constant interval := make_interval(secs => bunkd.seconds_between_ticks(p_schedule));
  v_grace constant interval := interval '15 s';
  v_due constant text := concat(case when bunkd.find_pace(p_schedule) ~ ' ' then 'by the cron expression '
                                else 'every ' end, bunkd.find_pace(p_schedule));
  -- what a clock that was ahead wrote forgives nothing
  v_registered constant timestamptz := bunkd.trust_time(p_schedule.registered);
  v_endpoint_since constant timestamptz := bunkd.trust_time(p_schedule.endpoint_since);
  v_started constant timestamptz := bunkd.trust_time(pg_postmaster_start_time());
  v_tick timestamptz;
  v_seen bigint;
  v_late boolean;
  v_run record;
  v_said text;
  v_max bigint;
  v_others record;
  v_filled text;
  v_xid xid;
  v_holders text;
  v_ending text;
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  select t.at, t.runs_pruned_to, t.xmax into v_tick, v_seen, v_xid from bunkd.last_tick t
    where t.schedule = p_schedule.name;
  v_tick := bunkd.trust_time(v_tick);
  v_late := bunkd.find_second_tick(p_schedule,
                                   coalesce(greatest(v_tick, v_registered, v_started), '2000-01-01')) < v_now - v_grace;

  if p_job is not null and has_table_privilege(bunkd.find_relation('pg_cron', 'cron', 'job_run_details'), 'select') then
    begin
      -- By runid alone, its one index: the table may hold millions of other jobs' rows.
      select d.status, btrim(d.return_message, e' \n') as message, coalesce(d.start_time, d.end_time) as at into v_run
        from (select o.* from cron.job_run_details o where o.runid > coalesce(v_seen, 0) order by o.runid desc
              limit 1000) as d
       where d.jobid = p_job and d.status in ('succeeded', 'failed')
       order by d.runid desc limit 1;
      if v_run.status = 'failed' and coalesce(
           v_run.at >= coalesce(greatest(v_tick, v_registered, v_endpoint_since), v_run.at),
           -- a run that never connected has no times
           v_registered is null or v_registered < v_now - v_every - v_grace) then
        v_said := coalesce(left(v_run.message, 200), 'no message');
      end if;
      if v_late and pg_has_role('pg_read_all_settings', 'usage') then
        v_max := current_setting('cron.max_running_jobs', true);
        select count(*) as runs, string_agg(distinct quote_ident(d.username), ', ') as roles into v_others
          from (select o.* from cron.job_run_details o where o.runid > coalesce(v_seen, 0) order by o.runid desc
                limit 1000) as d
         where d.jobid <> p_job and d.status in ('starting', 'connecting', 'sending', 'running');
        if v_others.runs >= v_max then
          v_filled := format('%s runs of other cron jobs (role %s) are under way, and pg_cron runs %s at once '
                             '(cron.max_running_jobs)',
                             v_others.runs, left(v_others.roles, 200), v_max);
        end if;
      end if;
    exception when lock_not_available then
      null;  -- anybody may lock it who may delete from it, as pg_cron lets everybody: then the ticks alone tell
    end;
  end if;
  if v_said = 'connection failed' then
    return next row('HBA', 'pg_cron cannot log in to run its jobs: connection failed',
      'Set cron.use_background_workers = on and restart the server, or let pg_hba.conf or a .pgpass file allow '
      'localhost.', '{}')::bunkd.obstacle;
  elsif v_said like '%job startup timeout%' or v_said like '%could not start background process%' then
    -- One that finds no free worker is no harm where the next one does.
    if v_late or bunkd.find_pace(p_schedule) ~ ' ' then
      return next row('WORKERS_USED_UP', format('pg_cron finds no free background worker for a tick: %s', v_said),
        'Raise max_worker_processes and restart the server, or run fewer jobs at once (cron.max_running_jobs).',
        '{}')::bunkd.obstacle;
    end if;
  elsif v_said is not null then
    return next row('TICK_FAILED', format('the last tick failed: %s', split_part(v_said, E'\n', 1)),
                    'Fix what the message names. The next tick retries.',
                    '{}')::bunkd.obstacle;
  elsif v_late then
    if v_xid <> '0'::xid and bunkd.is_in_progress(v_xid) then
      select h.names, h.ending into v_holders, v_ending from bunkd.find_lock_holders('bunkd.last_tick', v_xid) as h;
    end if;
    return next row('TICK_LATE',
      coalesce('the last tick was ' || date_trunc('second', v_now - v_tick) || ' ago', 'no tick has run')
        || ', but one is due ' || v_due
        || coalesce('; the tick is locked by ' || v_holders, '; ' || v_filled, ''),
      case when v_ending is not null then 'Wait for that transaction to end, or end it:'
           when v_filled is not null
             then 'End those runs, or raise cron.max_running_jobs and restart the server. To find them:'
           else 'Read what pg_cron says in the server''s log and in its runs:' end,
      array[case when v_ending is not null then v_ending
                 when v_filled is not null
                   then 'select * from cron.job_run_details where status = ''running'' order by start_time;'
                 else 'select * from cron.job_run_details order by runid desc limit 20;' end])::bunkd.obstacle;
  end if;
end
$$;

comment on function bunkd.find_tick_obstacles(bunkd.schedule, bigint) is
  'For bunkd.find_obstacles: whether ticks come and succeed, by bunkd.last_tick and the runs of this cron job, null '
  'for one that cannot be seen; runs that are locked are not looked at. What an upgrade or a new credential came '
  'after is forgiven until the next tick.';
