create or replace function bunkd.register(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_job constant text := 'bunkd:' || p_schedule;
  v_command constant text := format('select bunkd.tick(%L)', p_schedule);
  v_cron text;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule for update;
  if v_schedule.mode is distinct from 'native' or v_schedule.url is null
     or not bunkd.has_credential(p_schedule) or bunkd.fence(v_schedule) is not null then
    return;
  end if;
  -- cron.schedule replaces by (name, role): another role's job of this name would tick beside ours.
  if exists (select from cron.job j where j.jobname = v_job and j.username <> current_user and j.active) then
    return;
  end if;
  v_cron := bunkd.cron_schedule(v_schedule.every, true);
  if not exists (select from cron.job j where j.jobname = v_job and j.username = current_user
                    and j.schedule = v_cron and j.command = v_command and j.database = current_database()) then
    begin
      perform cron.schedule(v_job, v_cron, v_command);
    exception when invalid_parameter_value then  -- pg_cron before 1.5 knows no seconds
      v_cron := bunkd.cron_schedule(v_schedule.every, false);
      perform cron.schedule(v_job, v_cron, v_command);
    end;
  end if;
  update bunkd.schedule set cron_schedule = v_cron
   where name = p_schedule and cron_schedule is distinct from v_cron;
  perform bunkd.retire(p_schedule);
  perform bunkd.make_slots(v_schedule);
  -- last: it locks the application's table until the commit
  insert into bunkd.last_tick as t (schedule, problem) values (p_schedule, bunkd.attach(v_schedule, bunkd.queue_shape(v_schedule)))
  on conflict (schedule) do update set problem = excluded.problem;
end
$$;

comment on function bunkd.register(text) is
  'Registers a schedule''s cron job, or alters it where it differs, once url and credential are there; attaches the wake, and retires the old recipe''s. A job that somebody switched off stays off.';
