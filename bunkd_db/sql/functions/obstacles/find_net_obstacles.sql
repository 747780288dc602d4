create or replace function bunkd.find_net_obstacles(p_schedule bunkd.schedule)
returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_missing constant text[] := bunkd.find_missing_net_rights();
  v_new boolean;
  v_intruder bunkd.obstacle;
  v_unsent text;
  v_busy text;
  v_lock bunkd.obstacle;
begin
  -- Created by this very transaction, it is not seen by its worker before the commit.
  select age(e.xmin) <= age(pg_current_xact_id_if_assigned()::xid) into v_new from pg_extension e
    where e.extname = 'pg_net';
  if not found then
    return next row('EXTENSION_GONE', 'the extension pg_net is gone',
      'Enable the extension again:', array['bunkd-db upgrade'])::bunkd.obstacle;
    return;
  elsif cardinality(v_missing) > 0 then
    return next row('NO_SCHEMA_USAGE', format('role %I can no longer use pg_net', current_user),
                    'Grant that role the use of pg_net again, as its owner:',
      v_missing)::bunkd.obstacle;
  elsif v_new is not true
    and not exists (select from /* shared/workers */ as w where starts_with(w.name, 'pg_net ')) then
    return next row('NET_DEAD', 'pg_net''s worker is not running',
                    'Start the worker again; where that does not help, restart the server:',
      array['select net.worker_restart();'])::bunkd.obstacle;
  else
    v_lock := bunkd.find_request_lock(p_schedule);
    if v_lock.code is not null then
      return next v_lock;
    end if;
    v_busy := bunkd.find_waiting_requests(p_schedule);
    if v_busy is not null then
      return next row('NET_BUSY', v_busy,
        'Find the request that it waits for, usually one with a long timeout, with the first command; give it up with '
        'the second:',
        array['select id, url, timeout_milliseconds from net.http_request_queue;',
              'select net.worker_restart();'])::bunkd.obstacle;
    end if;
  end if;
  v_intruder := bunkd.find_net_intruder(bunkd.find_relation('pg_net', 'net', 'http_request_queue'));
  select t.unsent into v_unsent from bunkd.last_tick t
   where t.schedule = p_schedule.name
     and t.at >= coalesce(greatest(bunkd.trust_time(p_schedule.registered),
                                   bunkd.trust_time(p_schedule.endpoint_since)), t.at);
  if v_intruder.code is not null then  -- bunkd.post_calls refuses to run it
    return next v_intruder;
  elsif v_unsent is not null then
    return next row('NOT_SENT', format('the last tick could not send: %s', v_unsent),
                    'Fix what the message names. The next tick retries.',
                    '{}')::bunkd.obstacle;
  end if;
end
$$;

comment on function bunkd.find_net_obstacles(bunkd.schedule) is
  'For bunkd.find_obstacles: whether pg_net would take and send a call.';
