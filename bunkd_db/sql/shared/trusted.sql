-- over a role w.role and v.queue_owner: whether its code may run as ours: a superuser's, that of a role that is or can
-- become ours, or that of the one that an operator has named
exists (
  select from pg_roles r
   where r.oid = case when w.role = 'pg_database_owner'::regrole
                 then (select d.datdba from pg_database d where d.datname = current_database()) else w.role end
     and (r.rolsuper or r.rolname::text = v.queue_owner or pg_has_role(r.oid, current_user, /* shared/can_become */)))
