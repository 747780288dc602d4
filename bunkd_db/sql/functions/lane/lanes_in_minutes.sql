create or replace function bunkd.lanes_in_minutes(p_schedule text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not bunkd.has_cron() then
    return false;
  end if;
  return exists (select from cron.job j where j.jobname = bunkd.name_lane(p_schedule, 1)
                  and j.username = current_user and j.schedule = '* * * * *');
end
$$;

comment on function bunkd.lanes_in_minutes(text) is
  'Whether pg_cron starts the lanes of a schedule every minute, because before 1.5 it knows no seconds.';
