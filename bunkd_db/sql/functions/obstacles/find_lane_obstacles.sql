create or replace function bunkd.find_lane_obstacles(p_schedule bunkd.schedule) returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_off record;
  v_error text;
begin
  if not exists (select from pg_extension e where e.extname = 'http') then
    return next row('EXTENSION_GONE', 'the extension http is gone',
      'Enable the extension again:', array['bunkd-db upgrade'])::bunkd.obstacle;
    return;
  elsif bunkd.find_http() is null then
    return next row('NO_SCHEMA_USAGE', format('role %I can no longer use http', current_user),
      'Grant that role the use of http again, as its owner:', bunkd.write_http_grants())::bunkd.obstacle;
    return;
  elsif p_schedule.cron_schedule is null
        or not coalesce(has_table_privilege(bunkd.find_relation('pg_cron', 'cron', 'job'), 'select'), false) then
    return;  -- bunkd.find_job_obstacles says why
  end if;
  select g.n, j.jobid, j.active into v_off
    from generate_series(1, least(p_schedule.lanes, 2)) as g (n)
    left join cron.job j on j.jobname = bunkd.name_lane(p_schedule.name, g.n) and j.username = current_user
   where j.active is distinct from true or j.command <> bunkd.write_lane_command(p_schedule.name, g.n)
      or j.schedule not in (bunkd.write_lane_schedule(g.n), '* * * * *')  -- before pg_cron 1.5 in minutes
   order by g.n limit 1;
  if v_off.active = false then
    return next row('LANES_OFF', format('cron job %s was switched off', bunkd.name_lane(p_schedule.name, v_off.n)),
      'Switch the job on:', array[format('select cron.alter_job(%s, active := true);', v_off.jobid)])::bunkd.obstacle;
  elsif v_off.n is not null or p_schedule.lanes = 0 then
    return next row('LANES_OFF', format('cron job %s is missing or changed',
                                        bunkd.name_lane(p_schedule.name, coalesce(v_off.n, 1))),
      'Register the job again:', array['bunkd-db upgrade'])::bunkd.obstacle;
  else
    v_error := bunkd.find_lane_error(p_schedule.name);
    if v_error is not null then
      return next row('LANES_FAILED', format('no lane can run: %s', v_error),
        'Fix what the message names. The next run begins within a second.', '{}')::bunkd.obstacle;
    end if;
  end if;
end
$$;

comment on function bunkd.find_lane_obstacles(bunkd.schedule) is
  'For bunkd.find_obstacles: whether the lanes of a schedule are there and could send.';
