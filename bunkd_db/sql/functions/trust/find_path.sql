create or replace function bunkd.find_path(p_queue regclass, p_queue_owner text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_owner name;
  v_path text;
  v_schemas name[];
begin
  select pg_get_userbyid(c.relowner) into v_owner from pg_class c where c.oid = p_queue;
  -- in the database before in general, of the role before of all
  select substr(u.setting, length('search_path=') + 1) into v_path
    from pg_db_role_setting s
    join pg_database d on d.datname = current_database() and s.setdatabase in (d.oid, 0)
    join pg_roles r on r.rolname = v_owner and s.setrole in (r.oid, 0)
   cross join lateral unnest(s.setconfig) as u (setting)
   where starts_with(u.setting, 'search_path=')
   order by s.setrole = 0, s.setdatabase = 0 limit 1;
  v_path := replace(coalesce(v_path, '"$user", public'), '"$user"', quote_ident(v_owner));
  perform set_config('search_path', v_path, true);
  v_schemas := current_schemas(false);
  perform set_config('search_path', 'pg_catalog, pg_temp', true);
  -- only where nobody whom we do not trust can have put a function or an operator
  return (select concat_ws(', ', 'pg_catalog', string_agg(quote_ident(n.nspname), ', ' order by w.place), 'pg_temp')
            from unnest(v_schemas) with ordinality as w (schema, place)
            join pg_namespace n on n.nspname = w.schema
           cross join (select p_queue_owner as queue_owner) as v
           where not /* shared/open_schema */);
end
$$;

comment on function bunkd.find_path(regclass, text) is
  'The search_path for a write to the queue: the one that its owner''s sessions have, without the schemas in which a '
  'role that is not trusted may create.';
