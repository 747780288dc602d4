create or replace function bunkd.change_schedule(p_schedule text, p_set jsonb) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
begin
  perform bunkd.lock_schedule(p_schedule);
  perform bunkd.apply_settings(p_schedule, p_set);
  perform bunkd.lock_tick(p_schedule, p_wait => true);
  if p_set ? 'transport' then
    perform bunkd.change_transport(p_schedule);
  end if;
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  perform bunkd.register_job(p_schedule);
  delete from bunkd.slot s where s.schedule = p_schedule and s.n > v_schedule.max_in_flight and s.call is null;
  if bunkd.can_notify_workers(p_schedule) then
    perform pg_notify('bunkd:' || p_schedule, '');
  end if;
  return bunkd.attach_wakes(p_schedule);  -- last, because it locks the application's table
end
$$;

comment on function bunkd.change_schedule(text, jsonb) is
  'Changes settings of a schedule live, by column: with its cron job, its slots and its wake, in one transaction. What '
  'is not named stays, and a deploy does not take it back. Returns bunkd.report_schedule.';
