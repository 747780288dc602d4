create or replace function bunkd.every_seconds(p_schedule bunkd.schedule) returns integer
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case
    when p_schedule.cron_schedule = '* * * * *' then 60  -- also what 30s becomes before pg_cron 1.5
    when p_schedule.every ~ '^\d+[smh]$'
      then left(p_schedule.every, -1)::integer * case right(p_schedule.every, 1) when 's' then 1 when 'm' then 60 else 3600 end
    else 60
  end
$$;

comment on function bunkd.every_seconds(bunkd.schedule) is
  'Seconds between two ticks of a schedule; 60 for a cron expression of its own.';
