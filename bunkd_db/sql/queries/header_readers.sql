-- pg_net keeps a call's headers in this table until it is sent
select r.rolname::text as name
  from pg_class q
  join pg_namespace n on n.oid = q.relnamespace and n.nspname = 'net'
  join pg_roles r on r.rolcanlogin and not r.rolsuper and r.rolname <> %(installer)s
 where q.relname = 'http_request_queue'
   and has_schema_privilege(r.oid, n.oid, 'usage') and has_table_privilege(r.oid, q.oid, 'select')
 order by r.rolname
