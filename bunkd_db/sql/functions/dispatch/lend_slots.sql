create or replace function bunkd.lend_slots(p_schedule bunkd.schedule, out slots integer, out problem text)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_before jsonb;
  v_locked jsonb;
  v_holders record;
begin
  slots := 0;
  select t.locked_slots into v_before from bunkd.last_tick t where t.schedule = p_schedule.name;
  v_locked := bunkd.find_locked_slots(p_schedule.name);
  if v_locked is null and v_before is null then
    return;
  end if;
  update bunkd.last_tick t set locked_slots = v_locked where t.schedule = p_schedule.name;
  if v_locked is null then
    return;
  end if;
  select * into v_holders from bunkd.find_lock_holders('bunkd.slot');
  -- Whoever only commits is gone by the next tick.
  select coalesce(sum(l.slots), 0) into slots
    from jsonb_to_recordset(v_locked) as l (xid text, slots integer)
   where v_holders.oldest < clock_timestamp() - make_interval(secs => bunkd.seconds_between_ticks(p_schedule))
      or v_before @> jsonb_build_array(jsonb_build_object('xid', l.xid));
  if slots > 0 then
    problem := format('%s held by an open transaction: %s',
                      case slots when 1 then '1 slot is' else slots || ' slots are' end,
                      coalesce(v_holders.names, 'its session cannot be seen'));
    perform bunkd.lock_slots();  -- nobody else counts slots meanwhile
    insert into bunkd.slot (schedule, n)
    select p_schedule.name, p_schedule.max_in_flight + g from generate_series(1, slots) as g
    on conflict do nothing;
  end if;
end
$$;

comment on function bunkd.lend_slots(bunkd.schedule) is
  'How many slots beyond max_in_flight a tick may use: as many as transactions keep locked that the last tick has met '
  'already, or that are older than a tick. Such a slot has no call that was sent. problem says who.';
