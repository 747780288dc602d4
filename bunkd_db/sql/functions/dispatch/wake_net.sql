create or replace function bunkd.wake_net(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- pg_net is woken at a COMMIT, but not at a COMMIT PREPARED: such a request waits until somebody else's wakes it.
  if not exists (select from bunkd.slot s
                  where s.schedule = p_schedule.name and s.net_queue is not null
                    and s.taken < clock_timestamp() - interval '5 s') then
    return;
  elsif exists (select from bunkd.read_slots(p_schedule.name) as o
                 where o.unsent and o.taken < clock_timestamp() - interval '5 s')
        -- older pg_net has none, and polls
        and has_function_privilege(bunkd.find_routine('pg_net', 'net', 'wake'), 'execute') then
    perform net.wake();
  end if;
end
$$;

comment on function bunkd.wake_net(bunkd.schedule) is
  'Wakes pg_net''s worker where a request has been waiting for it for more than 5 s: what a prepared transaction has '
  'queued wakes nobody.';
