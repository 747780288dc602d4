create or replace function bunkd.call_workers(p_schedule bunkd.schedule, p_left integer) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_left > 0 and exists (select from bunkd.slot s where s.schedule = p_schedule.name and s.detached) then
    perform bunkd.gate(p_schedule.name, true);
    perform bunkd.give_back(p_schedule.name, p_left);
  end if;
  if not p_schedule.paused and bunkd.hears(p_schedule.name) then
    perform pg_notify('bunkd:' || p_schedule.name, '');
  end if;
end
$$;

comment on function bunkd.call_workers(bunkd.schedule, integer) is
  'A wake where workers make the calls: gives the slots of functions that survived their call back, and tells the workers at commit.';
