create or replace function bunkd.settle_calls(p_schedule bunkd.schedule, p_in_write boolean default false)
  returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_ended record;
  v_net constant oid := bunkd.find_readable_queue();
  v_ours boolean;
  v_moved boolean;
  v_progress bigint;
  v_outcome text;
  v_settled integer := 0;
begin
  for v_ended in select o.* from bunkd.read_slots(p_schedule.name) as o where o.ended order by o.taken loop
    -- Somebody else may have settled and retaken the slot meanwhile: look again under the row lock.
    select s.net_queue = v_net, s.progress into v_ours, v_progress from bunkd.slot s
      where s.schedule = p_schedule.name and s.n = v_ended.n and s.call = v_ended.call and s.detached = v_ended.detached
      for update skip locked;
    continue when not found;
    if not v_ended.detached then
      v_moved := case when v_ours then bunkd.has_moved(p_schedule, v_progress) end;
      v_outcome := bunkd.settle_call(p_schedule.name, v_ended.call, case when v_ours then v_ended.request end,
                                     v_ended.taken, v_moved,
                                     case when p_in_write then 1000 end);
      if v_outcome is null then  -- the next tick looks at them all
        continue when p_schedule.on_timeout = 'detach';
        update bunkd.call c set moved = v_moved where c.id = v_ended.call;
      else
        v_settled := v_settled + 1;
      end if;
      if v_outcome = 'timeout' and p_schedule.on_timeout = 'detach' then
        perform bunkd.detach_slot(p_schedule, v_ended.n);
        continue;
      end if;
    end if;
    perform bunkd.free_slots(p_schedule.name, v_ended.n);
  end loop;
  return v_settled;
end
$$;

comment on function bunkd.settle_calls(bunkd.schedule, boolean) is
  'Records how calls ended and frees their slots; under detach a timed out call keeps its slot until its job ends or '
  'rescue_after. In a write an answer is looked for among 1,000; one that is not there is left to '
  'bunkd.settle_released in a tick. Returns how many calls.';
