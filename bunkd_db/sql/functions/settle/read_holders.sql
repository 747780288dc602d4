create or replace function bunkd.read_holders(
  p_schedule bunkd.schedule,
  out place bigint,
  out call bigint,
  out seconds double precision,
  out worker text,
  out state text,
  out until timestamptz
) returns setof record
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select row_number() over (order by o.taken, o.call), o.call,
         extract(epoch from clock_timestamp() - o.taken)::double precision, o.worker,
         case when o.detached then 'detached' when o.unsent then 'unsent' when o.ended then 'ended' else 'open' end,
         -- how long one that is not sent yet waits for pg_net, nobody knows
         case when s.expires is not null then s.expires
              when not o.unsent and not o.ended then o.taken + make_interval(secs => p_schedule.timeout_ms / 1000.0) end
    from bunkd.read_slots(p_schedule.name) as o
    join bunkd.slot s on s.schedule = p_schedule.name and s.n = o.n;
end
$$;

comment on function bunkd.read_holders(bunkd.schedule) is
  'The calls that hold a slot, by how long (place): unsent, open, ended or detached, and until when at the latest.';
