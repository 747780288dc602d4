create or replace function bunkd.can_notify_workers(p_schedule text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A transaction that has notified cannot be prepared: where that may happen, workers look by themselves.
  -- One that finds the queue of notifications full would fail at its commit.
  return current_setting('max_prepared_transactions') = '0' and pg_notification_queue_usage() < 0.5
    and exists (select from bunkd.worker w where w.schedule = p_schedule and w.listens and /* shared/worker_alive */);
end
$$;

comment on function bunkd.can_notify_workers(text) is
  'Whether a worker listens, and a writer''s transaction may notify it.';
