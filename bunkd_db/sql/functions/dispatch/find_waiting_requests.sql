create or replace function bunkd.find_waiting_requests(p_schedule bunkd.schedule) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_late interval;
  v_waiting record;
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  if not exists (select from bunkd.slot s
                  where s.schedule = p_schedule.name and s.net_queue is not null
                    and s.taken < clock_timestamp() - interval '30 s')
     or bunkd.find_readable_queue() is null then
    return null;
  end if;
  -- A request waits for the batch before it, and that one for a call of our own as long as its timeout.
  v_late := make_interval(secs => greatest(
    30, bunkd.seconds_between_ticks(p_schedule), 5 + (select max(s.timeout_ms) from bunkd.schedule s) / 1000.0));
  select count(*) as requests, min(o.taken) as since into v_waiting
    from bunkd.read_slots(p_schedule.name) as o where o.unsent and o.taken < clock_timestamp() - v_late;
  if v_waiting.requests = 0 then
    return null;
  end if;
  return format('pg_net has not picked up %s for %s: its worker is busy with another request, or stuck',
                case v_waiting.requests when 1 then 'a call' else v_waiting.requests || ' calls' end,
                date_trunc('second', clock_timestamp() - v_waiting.since));
exception when lock_not_available then  -- the tick says so itself
  return null;
end
$$;

comment on function bunkd.find_waiting_requests(bunkd.schedule) is
  'That calls of a schedule have waited in pg_net''s queue for longer than calls of our own could make them wait, in '
  'words; null where none has. Their slots stay taken until pg_net takes them up.';
