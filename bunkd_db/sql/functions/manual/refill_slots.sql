create or replace function bunkd.refill_slots(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_schedule.mode = 'native' and p_schedule.wake then
    perform bunkd.dispatch(p_schedule, 'refill');
    return;
  end if;
  perform bunkd.lock_slots();
  perform bunkd.settle_calls(p_schedule);
  perform bunkd.settle_released(p_schedule.name);
  if p_schedule.mode = 'external' and p_schedule.wake then
    perform bunkd.notify_workers(p_schedule);
  end if;
end
$$;

comment on function bunkd.refill_slots(bunkd.schedule) is
  'Settles what has ended and, where a write would call at once, has the next jobs called for.';
