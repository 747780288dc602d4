create or replace function bunkd.create_http() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_function record;
begin
  if not exists (select from pg_namespace n where n.nspname in ('extensions', 'http')) then
    create schema http;
    comment on schema http is 'The extension http (pgsql-http), enabled by bunkd-db.';
  end if;
  execute format('create extension http with schema %I',
                 (select min(n.nspname) from pg_namespace n where n.nspname in ('extensions', 'http')));
  -- it would give every role that may use the schema an HTTP client on the database's own network
  for v_function in
    select p.oid::regprocedure as signature
      from pg_extension e
      join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
        and d.classid = 'pg_proc'::regclass
      join pg_proc p on p.oid = d.objid and pg_has_role(p.proowner, 'usage')
     where e.extname = 'http'
  loop
    execute format('revoke execute on function %s from public', v_function.signature);
  end loop;
end
$$;

comment on function bunkd.create_http() is
  'Creates the extension http: in schema extensions where there is one, else in a schema of its own. Nobody but its '
  'owner may run its functions then, as far as they belong to this role.';
