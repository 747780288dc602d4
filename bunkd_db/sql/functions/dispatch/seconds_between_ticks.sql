create or replace function bunkd.seconds_between_ticks(p_schedule bunkd.schedule) returns integer
language plpgsql immutable parallel safe  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
declare
  v_pace constant text := bunkd.find_pace(p_schedule);
begin
  return case
    when v_pace ~ E'^\\d+[smh]$'
      then left(v_pace, -1)::integer * case right(v_pace, 1) when 's' then 1 when 'm' then 60 else 3600 end
    else 60
  end;
end
$$;

comment on function bunkd.seconds_between_ticks(bunkd.schedule) is
  'Seconds between two ticks of a schedule; 60 for a cron expression of its own.';
