create or replace function bunkd.find_relation(p_extension text, p_schema text, p_name text) returns regclass
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Whoever may create a schema may give it an extension's name: what belongs to one is in pg_depend.
  return (select c.oid
    from pg_namespace n
    join pg_class c on c.relnamespace = n.oid and c.relname = p_name
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
                    and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
    join pg_extension e on e.oid = d.refobjid and e.extname = p_extension
   where n.nspname = p_schema);
end
$$;

comment on function bunkd.find_relation(text, text, text) is
  'The table or view of this name that belongs to an extension; null where there is none, or where it is somebody else''s.';
