create or replace function bunkd.is_resting(p_schedule text, p_lane integer) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_lane <= 2 or not bunkd.has_cron() then
    return false;
  end if;
  return exists (select from cron.job j
                  where j.jobname = bunkd.name_lane(p_schedule, p_lane) and j.username = current_user
                    and j.schedule = bunkd.write_lane_schedule(p_lane));
end
$$;

comment on function bunkd.is_resting(text, integer) is 'Whether pg_cron begins no runs of a lane for now.';
