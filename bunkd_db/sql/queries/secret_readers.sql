-- who may read the credential in plain text besides its owner and superusers, also by what a role may become
select r.rolname::text as name
  from pg_class t
  join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'bunkd'
  join pg_roles r on r.rolcanlogin and not r.rolsuper and r.oid <> t.relowner
 where t.relname = 'secret'
   and exists (select from pg_roles x
                where not x.rolsuper and pg_has_role(r.oid, x.oid, 'member')
                  and has_schema_privilege(x.oid, n.oid, 'usage') and has_any_column_privilege(x.oid, t.oid, 'select'))
 order by r.rolname
