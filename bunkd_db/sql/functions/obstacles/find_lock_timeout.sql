create or replace function bunkd.find_lock_timeout() returns text
language plpgsql stable  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when clock_timestamp() < statement_timestamp() + interval '400 ms' then '50ms' else '1ms' end;
end
$$;

comment on function bunkd.find_lock_timeout() is
  'How long a question may wait for a lock: 50 ms, but 400 ms in the whole statement, for one that asks about many '
  'schedules meets the same lock again and again.';
