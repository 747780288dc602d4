create or replace function bunkd.find_routine(p_extension text, p_schema text, p_name text) returns regprocedure
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A second one of this name could fit our arguments better than the extension's does.
  return (select min(p.oid) filter (where d.objid is not null)
    from pg_namespace n
    join pg_proc p on p.pronamespace = n.oid and p.proname = p_name
    left join (pg_depend d join pg_extension e on e.oid = d.refobjid)
      on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_extension'::regclass
        and d.deptype = 'e'
         and e.extname = p_extension
   where n.nspname = p_schema
  having bool_and(d.objid is not null));
end
$$;

comment on function bunkd.find_routine(text, text, text) is
  'A function of this name that belongs to an extension; null where there is none, or where somebody else''s of the '
  'same name is beside it.';
