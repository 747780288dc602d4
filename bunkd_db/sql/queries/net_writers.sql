-- who could put a trigger or a function where a call is sent, or set the number of the next request; the platform's own
-- roles are its operator's
select r.rolname::text as name
  from pg_class q
  join pg_namespace n on n.oid = q.relnamespace and n.nspname = 'net'
  join pg_roles r on r.rolcanlogin and not r.rolsuper and r.rolname <> %(installer)s
   and r.rolname !~ '^(supabase_.*|authenticator|pgbouncer)$'
   and not pg_has_role(r.oid, (select i.oid from pg_roles i where i.rolname = %(installer)s), /* shared/can_become */)
 where q.relname = 'http_request_queue' and has_schema_privilege(r.oid, n.oid, 'usage')
   and (has_table_privilege(r.oid, q.oid, 'trigger') or has_schema_privilege(r.oid, n.oid, 'create')
     or exists (select from pg_class s where s.relnamespace = n.oid and s.relname = 'http_request_queue_id_seq'
                   and has_sequence_privilege(r.oid, s.oid, 'update')))
 order by r.rolname
