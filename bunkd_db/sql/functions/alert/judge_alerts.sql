create or replace function bunkd.judge_alerts(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_found constant bunkd.obstacle[] := array(select o from bunkd.find_conditions(p_schedule) as o);
  v_symptoms constant text[] := array['WAIT_TOO_LONG', 'NOTHING_SETTLED', 'ALL_JOBS_FAIL'];
  v_cause boolean := exists (select from unnest(v_found) as f where f.code <> all (v_symptoms));
  v_each bunkd.obstacle;
  v_still text[];
begin
  if (v_found[1]).code = 'PAUSED' then
    -- meant so: no alert starts, and none ends
    update bunkd.alert a set seen = v_now
     where a.schedule = p_schedule.name and a.started is not null and a.cleared is null;
    delete from bunkd.alert a where a.schedule = p_schedule.name and a.started is null;
    update bunkd.message m set due = null where m.schedule = p_schedule.name and m.code = 'HEARTBEAT';
    return;
  end if;
  if v_cause and exists (select from bunkd.alert a where a.schedule = p_schedule.name and a.started is not null
                           and a.cleared is null and a.code <> (v_found[1]).code) then
    -- one that is not the first is not over; while held or locked out, nobody knows
    v_still := array(select o.code from bunkd.find_obstacles(p_schedule.name) as o);
    update bunkd.alert a set seen = v_now
     where a.schedule = p_schedule.name and a.started is not null and a.cleared is null
       and (a.code = any (v_still) or v_still && array['HELD', 'LOCKED']);
  end if;
  -- What follows from a cause is no news while that lasts, and not over before it can be judged again.
  v_cause := v_cause or exists (select from bunkd.alert a where a.schedule = p_schedule.name and a.cleared is null
                                 and a.code <> all (v_symptoms)
                                 and a.seen > v_now - (bunkd.find_alert_times(p_schedule, a.code)).clears_after);
  foreach v_each in array v_found loop
    continue when v_cause and v_each.code = any (v_symptoms);
    v_each := bunkd.close_detail(p_schedule.name, v_each);
    insert into bunkd.alert as a (schedule, code, detail, remedy, commands, since, seen)
    values (p_schedule.name, v_each.code, v_each.detail, v_each.remedy, v_each.commands, v_now, v_now)
    on conflict (schedule, code) do update
      set detail = excluded.detail, remedy = excluded.remedy, commands = excluded.commands, seen = v_now,
          since = case when a.cleared is null then a.since else v_now end,
          started = case when a.cleared is null then a.started end, cleared = null;
  end loop;
  if v_cause then
    update bunkd.alert a set seen = v_now
     where a.schedule = p_schedule.name and a.code = any (v_symptoms) and a.started is not null and a.cleared is null;
  end if;
  perform bunkd.change_alerts(p_schedule, v_now);
  if cardinality(v_found) > 0 then
    update bunkd.message m set due = null
     where m.schedule = p_schedule.name and m.code = 'HEARTBEAT' and m.due is not null;
  else
    perform bunkd.queue_heartbeat(p_schedule.name);
  end if;
end
$$;

comment on function bunkd.judge_alerts(bunkd.schedule) is
  'Records in bunkd.alert what is not well now, and makes the messages that are due for it: one when it has lasted for '
  'long enough, one when it is over, and the heartbeat while all is well. While a schedule is paused, nothing changes.';
