create or replace function bunkd.free_oldest(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_slot record;
begin
  select o.n, o.call into v_slot from bunkd.read_slots(p_schedule) as o
   where o.picked and o.worker is null and o.lockers <@ (select bunkd.find_net_transactions())
   order by o.taken, o.n limit 1;
  perform from bunkd.slot s
    where s.schedule = p_schedule and s.n = v_slot.n and s.call = v_slot.call for update skip locked;
  if found then
    perform bunkd.free_slots(p_schedule, v_slot.n);
  end if;
end
$$;

comment on function bunkd.free_oldest(text) is
  'Frees the slot of the oldest call that pg_net has under way: where several jobs a call are allowed and no row is '
  'active any more. The next call waits in pg_net''s queue until that one has ended.';
