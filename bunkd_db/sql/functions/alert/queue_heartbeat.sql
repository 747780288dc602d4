create or replace function bunkd.queue_heartbeat(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_last bunkd.message;
begin
  if not bunkd.has_url(p_schedule, 'heartbeat') then
    return;
  end if;
  select m.* into v_last from bunkd.message m where m.schedule = p_schedule and m.code = 'HEARTBEAT';
  if v_last.sent is not null  -- under way
     or v_last.due > v_now  -- the last one failed: tried again then, and no sooner
     or v_last.problem is null and v_last.made between v_now - interval '50 s' and v_now then
    return;
  end if;
  insert into bunkd.message as m (schedule, code, place, state, made, due)
  values (p_schedule, 'HEARTBEAT', 'heartbeat', 'beat', v_now, v_now)
  on conflict (schedule, code) do update set made = excluded.made, due = excluded.due;
end
$$;

comment on function bunkd.queue_heartbeat(text) is
  'Makes the heartbeat that is due, about once a minute; while its receiver fails, less often.';
