create or replace function bunkd.keep_job(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name constant text := 'bunkd:' || p_schedule.name;
  v_command constant text := bunkd.write_cron_command(p_schedule.name);
  v_cron text := bunkd.write_cron_schedule(p_schedule.every, p_seconds => true);
  v_job jsonb;
  v_meant jsonb;
  v_keep boolean;
  v_id bigint;
begin
  select to_jsonb(j) into v_job from cron.job j where j.jobname = v_name and j.username = current_user;
  -- Rehearsed and taken back: pg_cron alone knows what a new job would be, and whether it takes one.
  loop
    begin
      perform cron.unschedule((v_job ->> 'jobid')::bigint) where v_job is not null;
      v_id := cron.schedule(v_name, v_cron, v_command);
      select to_jsonb(j) - 'jobid' into strict v_meant from cron.job j where j.jobid = v_id;
      raise exception using errcode = 'BUNKD', message = 'rehearsed';
    exception
      when sqlstate 'BUNKD' then
        exit;
      when invalid_parameter_value then  -- pg_cron before 1.5 knows no seconds
        if v_cron = bunkd.write_cron_schedule(p_schedule.every, p_seconds => false) then
          raise;
        end if;
        v_cron := bunkd.write_cron_schedule(p_schedule.every, p_seconds => false);
    end;
  end loop;

  -- Whoever switched it off did so on purpose: pg_cron itself never does.
  if v_job is not null then
    v_meant := v_meant || jsonb_build_object('active', v_job -> 'active');
  end if;
  v_keep := coalesce(v_job - 'jobid' = v_meant, false);
  if v_keep then
    v_id := v_job ->> 'jobid';
  else
    v_id := cron.schedule(v_name, v_cron, v_command);
    -- It updates some columns of a job that is there, by its version: the id is worth keeping, the runs go by it. One
    -- that is off is not made anew, it would be on.
    if v_meant -> 'active' <> 'false'
       and not exists (select from cron.job j where j.jobid = v_id and to_jsonb(j) - 'jobid' = v_meant) then
      perform cron.unschedule(v_id);
      v_id := cron.schedule(v_name, v_cron, v_command);
    end if;
  end if;
  update bunkd.schedule s
     set cron_schedule = v_cron, job_id = v_id, job_role = current_user, job_obstacle = null,
         registered = case when v_keep then s.registered else clock_timestamp() end
   where s.name = p_schedule.name;
end
$$;

comment on function bunkd.keep_job(bunkd.schedule) is
  'Makes a schedule''s cron job what it has to be in every column; one that somebody switched off stays off. Raises '
  'whatever pg_cron refuses.';
