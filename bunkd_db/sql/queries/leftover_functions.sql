select p.prosecdef as definer,
       exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
                where a.privilege_type = 'EXECUTE'
                  and (a.grantee = 0 or a.grantee = (select r.oid from pg_roles r where r.rolname = 'anon'))) as public,
       p.prosrc ~ E'(eyJ[A-Za-z0-9_-]{8,}\\.eyJ|sb_secret_[A-Za-z0-9])' as has_key,
       p.oid::regprocedure::text as signature
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
 where n.nspname not in ('pg_catalog', 'information_schema', 'bunkd')
   and (p.proname = 'trigger_job_processing'
        or p.prosrc ~ E'(eyJ[A-Za-z0-9_-]{8,}\\.eyJ|sb_secret_[A-Za-z0-9])')
