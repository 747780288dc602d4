create or replace function bunkd.is_failure(p_outcome text, p_on_timeout text) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return p_outcome in ('http_error', 'rejected', 'network_error')
    or p_outcome = 'timeout' and p_on_timeout = 'release';  -- under detach the function goes on
end
$$;

comment on function bunkd.is_failure(text, text) is
  'Whether an outcome says that the endpoint is not well: the one definition, for the back-off, check and '
  'bunkd.recent_calls. A lost call has no answer, and says nothing by itself. Null while a call is open.';
