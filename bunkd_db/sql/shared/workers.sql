-- the workers of pg_cron and pg_net among all sessions. Every role sees application_name, and may call itself so, but
-- is no superuser, as the workers are; pg_net.username names another role for pg_net's. backend_type is not seen by
-- all.
(select a.application_name as name, a.pid, a.datid
   from pg_stat_activity a
   left join pg_roles r on r.oid = a.usesysid
  where (a.application_name = 'pg_cron scheduler' or left(a.application_name, 7) = 'pg_net ')
    and (a.usesysid is null or r.rolsuper or a.usesysid = 10
         or left(a.application_name, 7) = 'pg_net '
           and a.usename = nullif(current_setting('pg_net.username', true), '')))
