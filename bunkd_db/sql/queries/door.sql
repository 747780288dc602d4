-- from the catalog alone: whoever may create a schema may have called it bunkd
select n.oid is not null as installed,
       coalesce(r.rolsuper or pg_has_role(r.oid, current_user, /* shared/can_become */)
                or not (select u.rolsuper or u.oid = d.datdba from pg_roles u where u.rolname = current_user),
                  true) as trusted,
       p.oid is not null as known,
       coalesce(has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute'), false) as permitted,
       current_user::text as role,
       r.rolname::text as owner
  from pg_database d
  left join pg_namespace n on n.nspname = 'bunkd'
  left join pg_roles r on r.oid = n.nspowner
  left join pg_proc p on p.pronamespace = n.oid and p.proname = %(function)s
                   and p.proargtypes::text = rtrim(repeat('text'::regtype::oid::text || ' ', %(texts)s))
 where d.datname = current_database()
