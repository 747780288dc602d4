create or replace function bunkd.read_slots(
  p_schedule text,
  out n integer,
  out call bigint,
  out request bigint,
  out taken timestamptz,
  out detached boolean,
  out worker text,
  out unsent boolean,
  out picked boolean,
  out ended boolean,
  out lockers xid[]
) returns setof record
language plpgsql stable  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
declare
  v_queue oid;
begin
  if has_schema_privilege(to_regnamespace('net'), 'usage') then
    v_queue := to_regclass('net.http_request_queue');
  end if;
  -- It is pg_net's where a slot has it: bunkd.guard_net has looked at that very table when the call was sent.
  if has_table_privilege(v_queue, 'select')
    and exists (select from bunkd.slot s where s.schedule = p_schedule and s.net_queue = v_queue) then
    -- One statement, one snapshot. pg_net deletes a row when it takes it up and commits when its batch is over: until
    -- then xmax tells, though a row lock of the past may be all that it is of. A queue with another oid is another
    -- pg_net, created anew: its ids are not ours.
    -- By id: anybody may put a second row with the id of ours into pg_net's queue.
    return query
    select s.n, s.call, s.request, s.taken, s.detached, s.worker,
           coalesce(q.waits, false) and not s.detached,
           (s.worker is not null or not coalesce(q.waits, true)) and not s.detached,
           case when s.expires is not null then /* shared/slot_expired */ else q.id is null end,
           q.lockers
      from bunkd.slot s
      left join (select r.id, bool_and(case when r.xmax = '0'::xid then true
                                       else not bunkd.is_in_progress(r.xmax) end) as waits,
                        array_agg(r.xmax) as lockers
                   from net.http_request_queue r
                  where r.id = any (array(select o.request from bunkd.slot o where o.schedule = p_schedule
                                          and o.request is not null))
                  group by r.id) as q on q.id = s.request and s.net_queue = v_queue
     where s.schedule = p_schedule and s.call is not null;
  else
    return query
    select s.n, s.call, s.request, s.taken, s.detached, s.worker, false, s.worker is not null and not s.detached,
           s.expires is null or /* shared/slot_expired */, null::xid[]
      from bunkd.slot s
     where s.schedule = p_schedule and s.call is not null;
  end if;
end
$$;

comment on function bunkd.read_slots(text) is
  'The taken slots of a schedule and where their calls are: unsent, picked up by pg_net or by a worker, ended, or '
  'detached from a function that goes on working. Anybody may lock a request: a picked one is pg_net''s where its '
  'lockers are among bunkd.find_net_transactions. A worker''s call that is past its timeout has ended: the worker is '
  'gone.';
