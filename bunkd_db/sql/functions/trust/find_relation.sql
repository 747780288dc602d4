create or replace function bunkd.find_relation(p_extension text, p_schema text, p_name text) returns regclass
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schema constant oid := to_regnamespace(quote_ident(p_schema));
  v_relation oid;
begin
  if has_schema_privilege(v_schema, 'usage') then  -- half the price, but an error without
    v_relation := to_regclass(quote_ident(p_schema) || '.' || quote_ident(p_name));
  else
    v_relation := (select c.oid from pg_class c where c.relname = p_name and c.relnamespace = v_schema);
  end if;
  -- Whoever may create a schema may give it an extension's name: what belongs to one is in pg_depend.
  -- Scalar look-ups: as a join it costs twice as much, and each tick asks twice.
  if exists (select from pg_depend d
              where d.classid = 'pg_class'::regclass and d.objid = v_relation and d.objsubid = 0
                and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
                and d.refobjid = (select e.oid from pg_extension e where e.extname = p_extension)) then
    return v_relation;
  end if;
  return null;
end
$$;

comment on function bunkd.find_relation(text, text, text) is
  'The table or view of this name that belongs to an extension; null where there is none, or where it is somebody '
  'else''s.';
