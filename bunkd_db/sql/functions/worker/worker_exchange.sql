create or replace function bunkd.worker_exchange(p_schedule text, p_worker text, p_state jsonb) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  return bunkd.worker_exchange_v1(p_schedule, p_worker, p_state || jsonb_build_object('protocol', 1));
end
$$;

comment on function bunkd.worker_exchange(text, text, jsonb) is
  'The exchange of workers that are older than its version numbers: they say the same as in version 1, and go on '
  'through an upgrade.';
