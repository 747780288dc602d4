create or replace function bunkd.count_busy_lanes(p_schedule text) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select count(*) from bunkd.slot s where s.schedule = p_schedule and s.worker is not null and not s.detached);
end
$$;

comment on function bunkd.count_busy_lanes(text) is
  'How many lanes of a schedule are in a call, or will be: one that was handed over waits for the next that is free.';
