create or replace function bunkd.find_claiming_call(
  p_schedule bunkd.schedule,
  p_row jsonb,
  out calls bigint,
  out call bigint
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- the clock of the function that wrote the time may differ a little
  select count(*), case when count(*) = 1 then min(c.id) end into calls, call from bunkd.call c
   where c.schedule = p_schedule.name and c.settled is null
     and c.sent <= bunkd.read_time(p_row, 'started') + interval '2 s';
end
$$;

comment on function bunkd.find_claiming_call(bunkd.schedule, jsonb) is
  'The open calls whose function can have claimed an active job, and which one it is where there is only one.';
