create or replace function bunkd.find_readable_queue() returns regclass
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select c.oid from pg_class c
           where c.oid = bunkd.find_relation('pg_net', 'net', 'http_request_queue')
             and has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select'));
end
$$;

comment on function bunkd.find_readable_queue() is
  'pg_net''s queue, where it is there and can be read, else null: where workers make the calls it may be gone, or '
  'closed to this role.';
