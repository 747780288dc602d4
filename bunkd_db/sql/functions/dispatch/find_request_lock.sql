create or replace function bunkd.find_request_lock(p_schedule bunkd.schedule) returns bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_queue regclass;
  v_late constant interval := make_interval(secs => p_schedule.timeout_ms / 1000.0) + interval '30 s';
  v_locked record;
  v_holders record;
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  if not exists (select from bunkd.slot s
                  where s.schedule = p_schedule.name and s.net_queue is not null
                    and s.taken < clock_timestamp() - v_late) then
    return null;
  end if;
  v_queue := bunkd.find_readable_queue();
  if v_queue is null then
    return null;
  end if;
  select r.xmax as xid, count(*) as requests into v_locked
    from bunkd.slot s
    join net.http_request_queue r on r.id = s.request
                                 and case when r.xmax <> '0'::xid then bunkd.is_in_progress(r.xmax) end
   where s.schedule = p_schedule.name and s.net_queue = v_queue and s.taken < clock_timestamp() - v_late
     -- pg_net's own batch lasts as long as its slowest request, which may be somebody else's
     and r.xmax <> all ((select bunkd.find_net_transactions())::xid[])
   group by r.xmax order by 2 desc limit 1;
  if not found then
    return null;
  end if;
  v_holders := bunkd.find_lock_holders(v_queue, v_locked.xid);
  return row('REQUEST_LOCKED',
    format('%s not sent, because an open transaction has locked %s in %s: %s',
           case v_locked.requests when 1 then '1 request is' else v_locked.requests || ' requests are' end,
           case v_locked.requests when 1 then 'its row' else 'their rows' end, v_queue,
           coalesce(v_holders.names, 'its session cannot be seen')),
    case when v_holders.ending is null then 'Look for long transactions:'
         else 'Wait for that transaction to end, or end it:' end,
    array[coalesce(v_holders.ending, 'select * from pg_stat_activity order by xact_start;')])::bunkd.obstacle;
exception when lock_not_available then  -- the tick says so itself
  return null;
end
$$;

comment on function bunkd.find_request_lock(bunkd.schedule) is
  'Who keeps requests of ours in pg_net''s queue from being sent, long after they should have timed out; null where '
  'nobody does. Their slots stay taken until that transaction ends. For a tick''s problem, and for '
  'bunkd.find_net_obstacles, so that both say the same.';
