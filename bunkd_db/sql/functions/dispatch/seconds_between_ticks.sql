create or replace function bunkd.seconds_between_ticks(p_schedule bunkd.schedule) returns integer
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case
    when p.pace ~ E'^\\d+[smh]$'
      then left(p.pace, -1)::integer * case right(p.pace, 1) when 's' then 1 when 'm' then 60 else 3600 end
    else 60
  end
    from bunkd.find_pace(p_schedule) as p (pace)
$$;

comment on function bunkd.seconds_between_ticks(bunkd.schedule) is
  'Seconds between two ticks of a schedule; 60 for a cron expression of its own.';
