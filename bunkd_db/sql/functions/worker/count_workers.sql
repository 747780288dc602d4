create or replace function bunkd.count_workers(p_schedule text) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select count(*) from bunkd.worker w
           where w.schedule = p_schedule and w.able and /* shared/worker_alive */);
end
$$;

comment on function bunkd.count_workers(text) is
  'How many workers that can make calls were there within the last minute.';
