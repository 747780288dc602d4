create or replace function bunkd.find_http() returns regprocedure
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_http oid;
begin
  -- Whoever may create a schema may give it an extension's name: what belongs to one is in pg_depend. C, so that its
  -- owner cannot have replaced it by code of its own.
  select p.oid into v_http
    from pg_extension e
    join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
      and d.classid = 'pg_proc'::regclass
    join pg_proc p on p.oid = d.objid and p.proname = 'http' and p.pronargs = 1
    join pg_language l on l.oid = p.prolang and l.lanname = 'c'
    join pg_type t on t.oid = p.proargtypes[0] and t.typname = 'http_request'
   where e.extname = 'http';
  if v_http is null or not has_function_privilege(v_http, 'execute')
     or not (select has_schema_privilege(p.pronamespace, 'usage') from pg_proc p where p.oid = v_http)
     -- a domain's owner may give it a condition, which runs as whoever makes a value of it
     or exists (select from pg_extension e
                  join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
                    and d.deptype = 'e' and d.classid = 'pg_type'::regclass
                  join pg_type t on t.oid = d.objid and t.typtype in ('d', 'c')
                 where e.extname = 'http' and not bunkd.is_trusted(t.typowner)) then
    return null;
  end if;
  return v_http;
end
$$;

comment on function bunkd.find_http() is
  'The function of pgsql-http that sends, where this role may use it and nobody else''s code would run with it; else '
  'null.';
