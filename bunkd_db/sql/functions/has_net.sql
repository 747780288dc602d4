create or replace function bunkd.has_net() returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                  where n.nspname = 'net' and c.relname = 'http_request_queue'
                    and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'));
end
$$;

comment on function bunkd.has_net() is
  'Whether pg_net''s queue can be read: where workers make the calls it may be gone, or closed to this role.';
