create or replace function bunkd.attach_wakes(p_schedule text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_problem text;
  v_timeout constant text := current_setting('lock_timeout');
begin
  for v_schedule in select s.* from bunkd.schedule s order by s.name loop
    continue when bunkd.fence(v_schedule) is not null;
    -- The wake costs every write, and serves nobody where there is no worker.
    if not bunkd.is_retired(v_schedule) and (v_schedule.cron_schedule is not null
       -- a worker of that role may not attach it itself
       or exists (select from bunkd.access a join pg_roles r on r.rolname = a.role where a.kind = 'worker')
       or exists (select from bunkd.worker w where w.schedule = v_schedule.name
                  and w.seen > clock_timestamp() - interval '1 day')) then
      v_problem := bunkd.attach_wake(v_schedule, bunkd.read_queue_shape(v_schedule));
    else
      v_problem := bunkd.detach_wake(v_schedule.name);
    end if;
    -- what the last tick said is of before this upgrade
    update bunkd.last_tick t set wake_problem = v_problem, problem = null where t.schedule = v_schedule.name;
  end loop;
  if to_regclass('bunkd.wake_xact') is not null then
    begin
      perform set_config('lock_timeout', '50ms', true);  -- writers of the queue wait behind us
      drop index bunkd.wake_xact;
    exception when lock_not_available then
      null;  -- it costs a little, and the next upgrade tries again
    end;
    perform set_config('lock_timeout', v_timeout, true);
  end if;
  return bunkd.report_schedule(p_schedule);
end
$$;

comment on function bunkd.attach_wakes(text) is
  'The very last step of an upgrade, because it locks the application''s tables until the commit: puts each '
  'schedule''s wake on its queue, or takes it off where nobody would hear it. Returns bunkd.report_schedule of '
  'p_schedule.';
