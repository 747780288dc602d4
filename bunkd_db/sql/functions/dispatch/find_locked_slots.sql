create or replace function bunkd.find_locked_slots(p_schedule text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A wake dispatches in a subtransaction, whose id is in no list of locks: one can only ask whether it is open.
  return (
    select jsonb_agg(jsonb_build_object('xid', h.xid::text, 'slots', h.slots))
      from (
        select s.xmax as xid, count(*) as slots
          from bunkd.slot s
         where s.schedule = p_schedule and case when s.xmax <> '0'::xid then bunkd.is_in_progress(s.xmax) end
           and (s.call is null or s.n in (select o.n from bunkd.read_slots(p_schedule) as o where o.ended))
         group by s.xmax) as h);
end
$$;

comment on function bunkd.find_locked_slots(text) is
  'The transactions that keep slots without a call locked, and how many each; null where there are none.';
