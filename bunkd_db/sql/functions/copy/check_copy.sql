create or replace function bunkd.check_copy(
  p_schedule bunkd.schedule,
  out schedule bunkd.schedule,
  out problem text
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_here constant record := bunkd.read_identity();
  v_now bunkd.schedule;
  v_found text;
  -- an identifier that was never known tells nothing; one that was, and cannot be read here, tells of a copy
  v_original constant boolean := p_schedule.database_oid = v_here.database_oid
    and (p_schedule.system_identifier is null
         or p_schedule.system_identifier is not distinct from v_here.system_identifier);
  -- held, or after a failover or a restore: whoever has the row finds out which
  v_changed constant boolean := p_schedule.held is not null
    or p_schedule.timeline is distinct from coalesce(v_here.timeline, p_schedule.timeline);
begin
  schedule := p_schedule;
  if v_original and not v_changed then
    return;  -- what nearly every tick finds
  elsif v_original is not false and v_changed then
    perform set_config('bunkd.origin', 'bunkd', true);
    -- An upgrade holds this row first and waits for us afterwards: the next tick looks again.
    select * into v_now from bunkd.schedule where name = p_schedule.name for no key update skip locked;
    if found then
      if v_now.held is not null and v_now.on_restore = 'probe' then
        perform bunkd.settle_calls(v_now);
        perform bunkd.settle_released(v_now.name);
      end if;
      v_found := bunkd.find_copy(v_now);
      if v_found is not null and v_now.held is null then
        update bunkd.schedule s
           set held = clock_timestamp(), held_xid = pg_current_xact_id()::text::bigint,
               held_because = v_found, held_after = null
         where s.name = v_now.name returning * into v_now;
      elsif v_found is null or bunkd.is_served(v_now) then
        update bunkd.schedule s
           set timeline = coalesce(v_here.timeline, s.timeline),
               held = null, held_xid = null, held_because = null, held_after = null
         where s.name = v_now.name returning * into v_now;
      end if;
      if v_now.held is not null and v_now.held_after is null and v_now.on_restore = 'probe' then
        update bunkd.schedule s set held_after = bunkd.find_newest_job(v_now)
         where s.name = v_now.name returning * into v_now;
      end if;
      schedule := v_now;
    end if;
  end if;
  problem := bunkd.fence(schedule);
end
$$;

comment on function bunkd.check_copy(bunkd.schedule) is
  'Asked by ticks and workers while they hold the tick: holds the schedule of a restored copy, adopts the timeline of '
  'a failover, and opens a held one once a probe''s answer shows that the url serves this database. Returns the '
  'schedule as it is then, and what bunkd.fence says of it.';
