create or replace function bunkd.find_pace(p_schedule bunkd.schedule) returns text
language plpgsql immutable parallel safe  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when p_schedule.cron_schedule = '* * * * *' then '1m' else p_schedule.every end;
end
$$;

comment on function bunkd.find_pace(bunkd.schedule) is
  'How often the ticks of a schedule come: as it was set, but every minute where pg_cron cannot schedule in seconds '
  '(before 1.5).';
