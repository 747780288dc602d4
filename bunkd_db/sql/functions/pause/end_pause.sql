create or replace function bunkd.end_pause(p_schedule bunkd.schedule) returns bunkd.schedule
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_origin constant text := coalesce(current_setting('bunkd.origin', true), '');
begin
  if not p_schedule.paused or bunkd.is_paused(p_schedule) then
    return p_schedule;
  end if;
  -- An upgrade holds the table or this row and waits for us: then the next tick writes it down.
  begin
    lock table bunkd.schedule in row exclusive mode nowait;
  exception when lock_not_available then
    return p_schedule;
  end;
  perform from bunkd.schedule s where s.name = p_schedule.name for no key update skip locked;
  if not found then
    return p_schedule;
  end if;
  perform set_config('bunkd.origin', 'bunkd', true);
  update bunkd.schedule s set paused = false, paused_until = null, paused_because = null
   where s.name = p_schedule.name and s.paused and s.paused_until <= clock_timestamp() returning * into v_schedule;
  perform set_config('bunkd.origin', v_origin, true);
  return case when v_schedule.name is null then p_schedule else v_schedule end;
end
$$;

comment on function bunkd.end_pause(bunkd.schedule) is
  'Asked by ticks and workers while they hold the tick: writes down that a pause has ended by itself. Returns the '
  'schedule as it is then.';
