-- over pg_depend d, a row of a trigger: the roles (role) whose code it runs, its function and what its WHEN is made of
(select p.proowner as role from pg_proc p where d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid
 union all
 select u.role from pg_operator q join pg_proc p on p.oid = q.oprcode
   cross join lateral (values (q.oprowner), (p.proowner)) as u (role)
  where d.refclassid = 'pg_operator'::regclass and q.oid = d.refobjid
 union all
 select y.typowner from pg_type y where d.refclassid = 'pg_type'::regclass and y.oid = d.refobjid)
