create or replace function bunkd.keep_cron_job(
  p_name text,
  p_schedule text,
  p_in_minutes text,
  p_command text,
  out job_id bigint,
  out cron_schedule text,
  out kept boolean
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job jsonb;
  v_meant jsonb;
begin
  cron_schedule := p_schedule;
  select to_jsonb(j) into v_job from cron.job j where j.jobname = p_name and j.username = current_user;
  -- Rehearsed and taken back: pg_cron alone knows what a new job would be, and whether it takes one.
  loop
    begin
      perform cron.unschedule((v_job ->> 'jobid')::bigint) where v_job is not null;
      job_id := cron.schedule(p_name, cron_schedule, p_command);
      select to_jsonb(j) - 'jobid' into strict v_meant from cron.job j where j.jobid = keep_cron_job.job_id;
      raise exception using errcode = 'BUNKD', message = 'rehearsed';
    exception
      when sqlstate 'BUNKD' then
        exit;
      when invalid_parameter_value then  -- pg_cron before 1.5 knows no seconds
        if cron_schedule = p_in_minutes then
          raise;
        end if;
        cron_schedule := p_in_minutes;
    end;
  end loop;
  -- Whoever switched it off did so on purpose: pg_cron itself never does.
  if v_job is not null then
    v_meant := v_meant || jsonb_build_object('active', v_job -> 'active');
  end if;
  kept := coalesce(v_job - 'jobid' = v_meant, false);
  if kept then
    job_id := v_job ->> 'jobid';
    return;
  end if;
  job_id := cron.schedule(p_name, cron_schedule, p_command);
  -- It updates some columns of a job that is there, by its version: the id is worth keeping, the runs go by it. One
  -- that is off is not made anew, it would be on.
  if v_meant -> 'active' <> 'false'
     and not exists (select from cron.job j
                      where j.jobid = keep_cron_job.job_id and to_jsonb(j) - 'jobid' = v_meant) then
    perform cron.unschedule(job_id);
    job_id := cron.schedule(p_name, cron_schedule, p_command);
  end if;
end
$$;

comment on function bunkd.keep_cron_job(text, text, text, text) is
  'Makes a cron job of ours what it has to be in every column; one that somebody switched off stays off. p_in_minutes '
  'is its schedule where pg_cron knows no seconds (before 1.5). Raises whatever pg_cron refuses. kept: it was so.';
