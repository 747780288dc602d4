create or replace function bunkd.change_transport(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_chosen record;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  if v_schedule.mode is distinct from 'native' then
    return;  -- the next upgrade looks what this database can do
  end if;
  v_chosen := bunkd.choose_transport(v_schedule.transport);
  if v_chosen.transport is null then
    raise exception 'this database cannot send by %: %', v_schedule.transport, (v_chosen.obstacle).detail
      using errcode = 'object_not_in_prerequisite_state', hint = 'See: bunkd-db check --schedule ' || p_schedule;
  end if;
  if v_chosen.transport in ('pg_net', 'both') then
    perform bunkd.close_net();
  end if;
  update bunkd.schedule s set transport_used = v_chosen.transport
   where s.name = p_schedule and s.transport_used is distinct from v_chosen.transport;
end
$$;

comment on function bunkd.change_transport(text) is
  'Lets a native schedule send by the transport that is wanted now. What the other one has under way is settled as it '
  'ends.';
