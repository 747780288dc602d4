create or replace function bunkd.give_back(p_schedule text, p_left integer) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_left integer := p_left;
  v_slot record;
begin
  for v_slot in
    select o.n, o.request, o.detached from bunkd.observe(p_schedule) as o
     where o.picked and o.worker is null or o.detached
     order by o.picked desc, o.n
  loop
    exit when v_left <= 0;
    perform from bunkd.slot s
      where s.schedule = p_schedule and s.n = v_slot.n and s.request = v_slot.request and s.detached = v_slot.detached
      for update skip locked;
    if found then
      perform bunkd.free_slot(p_schedule, v_slot.n);
      v_left := v_left - 1;
    end if;
  end loop;
end
$$;

comment on function bunkd.give_back(text, integer) is
  'Frees one slot for each job that has left the active state: of a call that pg_net has under way and that is about to end, else of a detached one, never of one that is not sent yet, nor of a worker''s, who says so himself.';
