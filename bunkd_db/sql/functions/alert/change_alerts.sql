create or replace function bunkd.change_alerts(p_schedule bunkd.schedule, p_now timestamptz) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_alert bunkd.alert;
  v_times record;
begin
  for v_alert in select a.* from bunkd.alert a where a.schedule = p_schedule.name and a.cleared is null loop
    v_times := bunkd.find_alert_times(p_schedule, v_alert.code);
    if v_alert.seen <= p_now - v_times.clears_after then
      if v_alert.started is null then
        delete from bunkd.alert a where a.schedule = v_alert.schedule and a.code = v_alert.code;
      else
        update bunkd.alert a set cleared = a.seen where a.schedule = v_alert.schedule and a.code = v_alert.code;
        perform bunkd.queue_message(v_alert.schedule, v_alert.code, 'alert', 'over');
      end if;
    elsif v_alert.started is null and v_alert.seen = p_now and v_alert.since <= p_now - v_times.starts_after then
      update bunkd.alert a set started = p_now where a.schedule = v_alert.schedule and a.code = v_alert.code;
      perform bunkd.queue_message(v_alert.schedule, v_alert.code, 'alert', 'started');
    end if;
  end loop;
end
$$;

comment on function bunkd.change_alerts(bunkd.schedule, timestamptz) is
  'Starts the alerts that have lasted for long enough, ends those that were not seen for long enough, and makes their '
  'messages; forgets what went away before it was one. p_now is when this look was made.';
