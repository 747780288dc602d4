create or replace function bunkd.read_alert_status(p_schedule bunkd.schedule) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_found jsonb;
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  v_found := jsonb_build_object(
    'webhook', bunkd.find_url_host(p_schedule.name, 'alert'),
    'heartbeat', bunkd.find_url_host(p_schedule.name, 'heartbeat'),
    'active', (select coalesce(jsonb_agg(jsonb_build_object('code', a.code, 'detail', a.detail,
                                                            'since', extract(epoch from a.since),
                                                            'started', extract(epoch from a.started))
                                         order by a.since, a.code), '[]')
                 from bunkd.alert a
                where a.schedule = p_schedule.name and a.started is not null and a.cleared is null),
    'messages', (select coalesce(jsonb_agg(jsonb_build_object('code', m.code, 'place', m.place, 'state', m.state,
                                                              'told', extract(epoch from m.told), 'tries', m.tries,
                                                              'due', extract(epoch from m.due), 'problem', m.problem)
                                           order by m.made desc, m.code), '[]')
                   from bunkd.message m where m.schedule = p_schedule.name));
  if not pg_is_in_recovery() then
    v_found := v_found || jsonb_build_object('problem', (select t.watch_problem from bunkd.last_tick t
                                                          where t.schedule = p_schedule.name));
  end if;
  return v_found;
exception when lock_not_available then
  return null;
end
$$;

comment on function bunkd.read_alert_status(bunkd.schedule) is
  'For bunkd.read_status: the hosts that alerts and heartbeats go to, never their URLs; the alerts that are active; '
  'and how the last message of each code ended. Null where a table of ours is locked.';
