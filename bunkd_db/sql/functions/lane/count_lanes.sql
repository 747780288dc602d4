create or replace function bunkd.count_lanes() returns integer
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedules constant bigint := (select count(*) from bunkd.schedule s
                                   where s.transport_used is distinct from 'pg_net');
  v_max integer := 5;  -- pg_cron's least default, where this role may not read it
  v_others bigint;
begin
  if pg_has_role('pg_read_all_settings', 'usage') then
    v_max := current_setting('cron.max_running_jobs', true);
    if current_setting('cron.use_background_workers', true) = 'on' then
      -- its scheduler and one more are background workers too
      v_max := least(v_max, current_setting('max_worker_processes')::integer - 2);
    end if;
  end if;
  select count(*) into v_others from cron.job j
   where j.active and not (starts_with(j.jobname::text, 'bunkd:') and starts_with(j.command, 'call bunkd.run_lane('));
  -- a schedule's tick is one of the others: before the first upgrade it is not there yet
  v_others := greatest(v_others, 1);
  return case when v_max < 2 then 0
    else greatest(1, (v_max - 1 - v_others) / greatest(v_schedules, 1)) end;
end
$$;

comment on function bunkd.count_lanes() is
  'How many lanes a schedule may have: cron.max_running_jobs less the other active jobs and one that stays free, '
  'divided among the schedules; one at least, but none where pg_cron runs one job at a time.';
