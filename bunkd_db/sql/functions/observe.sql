create or replace function bunkd.observe(
  p_schedule text,
  out n integer,
  out call bigint,
  out request bigint,
  out taken timestamptz,
  out detached boolean,
  out worker text,
  out unsent boolean,
  out picked boolean,
  out ended boolean
) returns setof record
language plpgsql stable  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from bunkd.slot s where s.schedule = p_schedule and s.net_queue is not null) and bunkd.has_net() then
    -- One statement, one snapshot. pg_net deletes a row when it takes it up and commits when its batch is over: until
    -- then xmax tells. A queue with another oid is another pg_net, created anew: its ids are not ours.
    -- A slot of the future is of a clock that was far ahead: one that steps back a little frees nothing.
    return query
    select s.n, s.call, s.request, s.taken, s.detached, s.worker,
           coalesce(q.xmax = '0'::xid, false) and not s.detached,
           (s.worker is not null or coalesce(q.xmax <> '0'::xid, false)) and not s.detached,
           case when s.expires is not null then s.expires < clock_timestamp() or s.taken > clock_timestamp() + interval '1 minute' else q.id is null end
      from bunkd.slot s
      left join net.http_request_queue q on q.id = s.request and s.net_queue = 'net.http_request_queue'::regclass
     where s.schedule = p_schedule and s.request is not null;
  else
    return query
    select s.n, s.call, s.request, s.taken, s.detached, s.worker, false, s.worker is not null and not s.detached,
           s.expires is null or s.expires < clock_timestamp() or s.taken > clock_timestamp() + interval '1 minute'
      from bunkd.slot s
     where s.schedule = p_schedule and s.request is not null;
  end if;
end
$$;

comment on function bunkd.observe(text) is
  'The taken slots of a schedule and where their calls are: unsent, picked up by pg_net or by a worker, ended, or detached from a function that goes on working. A worker''s call that is past its timeout has ended: the worker is gone.';
