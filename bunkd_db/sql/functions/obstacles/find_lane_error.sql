create or replace function bunkd.find_lane_error(p_schedule text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_runs record;
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  if not coalesce(has_table_privilege(bunkd.find_relation('pg_cron', 'cron', 'job_run_details'), 'select'), false) then
    return null;
  end if;
  -- By runid alone, its one index: the table may hold millions of other jobs' rows.
  select count(*) filter (where r.status = 'failed') as failed,
         bool_or(r.status = 'succeeded' or r.status = 'running' and r.start_time < clock_timestamp() - interval '2 s')
           as works,
         (array_agg(btrim(r.return_message, e' \n') order by r.runid desc)
           filter (where r.status = 'failed'))[1] as said
    into v_runs
    from (select d.* from (select o.* from cron.job_run_details o order by o.runid desc limit 1000) as d
            join cron.job j on j.jobid = d.jobid and j.jobname = bunkd.name_lane(p_schedule, 1)
              and j.username = current_user
           order by d.runid desc limit 4) as r;
  return case when v_runs.failed >= 3 and not v_runs.works then coalesce(left(v_runs.said, 200), 'no message') end;
exception when lock_not_available then
  return null;  -- anybody may lock it who may delete from it, as pg_cron lets everybody
end
$$;

comment on function bunkd.find_lane_error(text) is
  'Why no run of a schedule''s first lane lasts, in the words of the last one; null where one does, or where it is not '
  'known.';
