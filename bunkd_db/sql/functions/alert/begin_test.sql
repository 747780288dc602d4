create or replace function bunkd.begin_test(p_schedule text, p_place text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_code constant text := case p_place when 'heartbeat' then 'TEST_HEARTBEAT' else 'TEST' end;
  v_schedule bunkd.schedule;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  if not bunkd.has_url(p_schedule, p_place) then
    return 'NO_URL';
  elsif not bunkd.can_tell(v_schedule) then
    return 'COPY';
  elsif v_schedule.mode = 'external' and bunkd.count_workers(p_schedule) = 0 then
    return 'NO_WORKER';
  end if;
  perform bunkd.lock_tick(p_schedule, p_wait => true);  -- a tick would send what is due as well
  perform bunkd.queue_message(p_schedule, v_code, p_place, 'test');
  update bunkd.message m set told = null where m.schedule = p_schedule and m.code = v_code;
  if v_schedule.mode = 'native' and not bunkd.sends_by_lanes(v_schedule) then
    perform bunkd.post_messages(p_schedule);
  elsif v_schedule.mode = 'external' and bunkd.can_notify_workers(p_schedule) then
    perform pg_notify('bunkd:' || p_schedule, '');
  end if;
  return case when v_schedule.mode = 'external' then 'WORKER'
    when bunkd.sends_by_lanes(v_schedule) then 'LANES' else 'PG_NET' end;
end
$$;

comment on function bunkd.begin_test(text, text) is
  'Sends a test to where alerts or heartbeats (p_place) go. Returns who sends it, PG_NET, LANES or WORKER; or '
  'why nobody does: NO_URL, COPY, NO_WORKER.';
