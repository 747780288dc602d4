create or replace function bunkd.has_ended_slot(p_schedule text, p_max_in_flight integer) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_queue oid;
begin
  if has_schema_privilege(to_regnamespace('net'), 'usage') then
    v_queue := to_regclass('net.http_request_queue');
  end if;
  -- as in bunkd.read_slots, which asks more than every write should pay for
  if has_table_privilege(v_queue, 'select')
     and exists (select from bunkd.slot s where s.schedule = p_schedule and s.net_queue = v_queue) then
    return exists (
      select from bunkd.slot s
       where s.schedule = p_schedule and s.call is not null
         and (s.n > p_max_in_flight
              or case when s.expires is not null then /* shared/slot_expired */
                   else s.net_queue is distinct from v_queue
                        or not exists (select from net.http_request_queue r where r.id = s.request) end));
  end if;
  return exists (
    select from bunkd.slot s
     where s.schedule = p_schedule and s.call is not null
       and (s.n > p_max_in_flight or s.expires is null or /* shared/slot_expired */));
end
$$;

comment on function bunkd.has_ended_slot(text, integer) is
  'Whether a call has ended by the rule of bunkd.read_slots and keeps its slot still, or whether a slot beyond '
  'max_in_flight is taken: whoever dispatches then gives slots back.';
