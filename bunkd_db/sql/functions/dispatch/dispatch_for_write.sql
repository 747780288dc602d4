create or replace function bunkd.dispatch_for_write(p_schedule text, p_finished_jobs integer) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  if not v_schedule.wake then
    return;
  elsif v_schedule.transport_used = 'both' then
    -- Whose job has ended is not known: pg_net's slot is given back when its answer is there.
    if bunkd.is_net_free() then
      perform bunkd.dispatch(v_schedule, 'wake');
    end if;
  elsif v_schedule.mode = 'native' then
    -- pg_net's queue has no index: what others have put there is read with ours, and the write would wait for it.
    if not /* shared/net_is_filled */ then
      perform bunkd.dispatch(v_schedule, case when p_finished_jobs > 0 then 'refill' else 'wake' end, p_finished_jobs);
    end if;
  elsif v_schedule.mode = 'external' then
    perform bunkd.notify_workers(v_schedule);  -- a copy's workers too: their exchange tells them that it is one
  end if;
end
$$;

comment on function bunkd.dispatch_for_write(text, integer) is
  'What a write to the queue causes at its commit: a dispatch that gives the slots of p_finished_jobs back, or, where '
  'workers make the calls, a notification to them. Where pg_net''s queue is above 64 MB it is left to the tick.';
