select r.rolname::text as name, pg_has_role(%(installer)s, r.oid, 'usage') as member
  from pg_roles r
 where r.rolname = any (%(names)s::text[])
