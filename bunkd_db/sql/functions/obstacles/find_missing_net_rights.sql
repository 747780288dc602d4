create or replace function bunkd.find_missing_net_rights() returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    with routine as (
      select p.oid, p.prosecdef, p.proname = 'http_post' as posts
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace and n.nspname = 'net'
        join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid
          and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
        join pg_extension e on e.oid = d.refobjid and e.extname = 'pg_net'
       where p.proname in ('http_post', 'wake', '_urlencode_string', '_encode_url_with_params_array')
    ),
    -- before pg_net 0.12, and where a provider has made it so, it inserts with its owner's privileges
    lent as (select coalesce(bool_and(r.prosecdef), false) as lent from routine r where r.posts),
    missing (rank, statement) as (
      select 1, 'grant usage on schema net' where has_schema_privilege(to_regnamespace('net'), 'usage') is false
      union all
      select 2, format('grant select%s on net.http_request_queue', case when l.lent then '' else ', insert' end)
        from lent l
       where not (has_table_privilege(bunkd.find_relation('pg_net', 'net', 'http_request_queue'), 'select')
                  and (l.lent or has_table_privilege(bunkd.find_relation('pg_net', 'net', 'http_request_queue'),
                                                     'insert')))
      union all
      select 3, 'grant select on net._http_response'
       where has_table_privilege(bunkd.find_relation('pg_net', 'net', '_http_response'), 'select') is false
      union all
      select 4, 'grant usage on sequence net.http_request_queue_id_seq' from lent l
       where not l.lent and has_sequence_privilege(bunkd.find_relation('pg_net', 'net', 'http_request_queue_id_seq'),
                                                   'usage, update') is false
      union all
      select 5, format('grant execute on function %s', r.oid::regprocedure) from routine r cross join lent l
       where (r.posts or not l.lent) and not has_function_privilege(r.oid, 'execute')
    )
    select format('%s to %I;', m.statement, current_user) from missing m order by m.rank, m.statement);
end
$$;

comment on function bunkd.find_missing_net_rights() is
  'The grants that this role lacks to send a call by pg_net and to read its answer, as statements for the owner of '
  'pg_net''s objects; empty where it lacks none.';
