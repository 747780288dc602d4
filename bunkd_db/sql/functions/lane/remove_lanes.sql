create or replace function bunkd.remove_lanes(p_schedule text, p_keep integer, p_at_once boolean) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job record;
begin
  for v_job in
    select j.jobid, j.schedule, w.n,
           exists (select from bunkd.slot s
                    where s.schedule = p_schedule and s.worker = 'lane:' || w.n and not s.detached) as calls
      from cron.job j
     cross join lateral (select substr(j.jobname::text, length('bunkd:' || p_schedule || ':') + 1) as n) as w
     where starts_with(j.jobname::text, 'bunkd:' || p_schedule || ':') and j.username = current_user
       and w.n ~ '^[0-9]{1,4}$' and w.n::integer > p_keep
  loop
    if p_at_once or not v_job.calls then
      perform cron.unschedule(v_job.jobid);
    elsif v_job.schedule <> bunkd.write_lane_schedule(3) then
      perform bunkd.alter_cron_job(v_job.jobid, p_schedule => bunkd.write_lane_schedule(3), p_active => null);
    end if;
  end loop;
end
$$;

comment on function bunkd.remove_lanes(text, integer, boolean) is
  'Removes the cron jobs of the lanes beyond p_keep. Without p_at_once, one that is in a call begins no other run, and '
  'a tick removes it after that: pg_cron ends the run of a job that it no longer has.';
