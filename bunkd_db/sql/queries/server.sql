select current_setting('server_version') as version,
       current_setting('server_version_num')::integer as version_number,
       version() as build,
       current_database()::text as database,
       current_user::text as role,
       quote_ident(current_database()) as database_sql,
       quote_ident(current_user) as role_sql,
       quote_ident(r.rolname) as installer_sql,
       pg_is_in_recovery() as in_recovery,
       -- the installing role, whose privileges count; before the first upgrade the role that asks
       r.rolname::text as installer,
       r.rolsuper as superuser,
       has_database_privilege(r.oid, d.oid, 'create') as may_create_schema,
       n.oid is not null as installed,
       coalesce(has_schema_privilege(n.oid, 'usage'), false) as may_read_ours,
       -- who could do more than the installer must not run its code: it may be a stranger, whose schema has our name
       r.rolsuper or pg_has_role(r.oid, current_user, /* shared/can_become */)
         or not (select u.rolsuper or u.oid = d.datdba from pg_roles u
                 where u.rolname = current_user) as trusts_installer,
       exists (select from pg_namespace e where e.nspname = 'heroku_ext') as heroku_schema,
       exists (select from pg_proc p where p.proname = 'aurora_version') as aurora_function
  from pg_database d
  left join pg_namespace n on n.nspname = 'bunkd'
  join pg_roles r on r.rolname = coalesce(pg_get_userbyid(n.nspowner), current_user)
 where d.datname = current_database()
