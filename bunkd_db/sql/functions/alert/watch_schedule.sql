create or replace function bunkd.watch_schedule(p_schedule bunkd.schedule, p_worker text default null) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_problem text;
  v_step text;
  v_posts constant text := case when bunkd.sends_by_lanes(p_schedule) then 'send' else 'post' end;
begin
  if exists (select from bunkd.last_tick t
              where t.schedule = p_schedule.name and t.watched_at between v_now - interval '20 s' and v_now)
     or not bunkd.can_tell(p_schedule) then
    return;
  end if;
  foreach v_step in array case when p_worker is null then array['settle', 'judge', v_posts] else '{judge}' end loop
    begin
      case v_step
        when 'settle' then perform bunkd.settle_messages(p_schedule.name);
        when 'judge' then perform bunkd.judge_alerts(p_schedule);
        when 'post' then perform bunkd.post_messages(p_schedule.name);
        when 'send' then perform bunkd.send_overdue_message(p_schedule.name);
      end case;
    exception when others then  -- what tells of calls must not stop them; the error's own words could quote a URL
      v_problem := sqlstate;
      raise log 'bunkd: the alerts of schedule % could not be looked at (%: SQLSTATE %)',
        p_schedule.name, v_step, sqlstate;
    end;
  end loop;
  update bunkd.last_tick t set watched_at = v_now, watch_problem = v_problem where t.schedule = p_schedule.name;
end
$$;

comment on function bunkd.watch_schedule(bunkd.schedule, text) is
  'Asked by ticks, and by p_worker where workers make the calls, while they hold the tick and after they have '
  'dispatched: every 20 seconds at most, judges what alerts and the heartbeat are about, and where pg_net sends, sends '
  'what is due; where lanes do, what they have not sent in time. Never raises.';
