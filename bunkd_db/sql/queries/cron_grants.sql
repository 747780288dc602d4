select has_schema_privilege(%(installer)s, n.oid, 'usage') as usage,
       -- a job that drifted is unscheduled and scheduled anew
       coalesce((select count(*) = 2 from pg_proc p
                  where p.pronamespace = n.oid and has_function_privilege(%(installer)s, p.oid, 'execute')
                    and (p.proname = 'schedule' and p.pronargs = 3
                         or p.proname = 'unschedule' and p.proargtypes[0] = 'bigint'::regtype)), false) as schedule,
       coalesce((select bool_or(has_function_privilege(%(installer)s, p.oid, 'execute')) from pg_proc p
                  where p.pronamespace = n.oid and p.proname = 'alter_job'), false) as alter_job,
       has_schema_privilege(n.oid, 'usage') and has_table_privilege(j.oid, 'select') as may_read,
       not row_security_active(j.oid) as sees_all,
       has_schema_privilege(n.oid, 'usage') and coalesce(has_table_privilege(d.oid, 'select'), false) as may_read_runs
  from pg_namespace n
  join pg_class j on j.relnamespace = n.oid and j.relname = 'job'
  left join pg_class d on d.relnamespace = n.oid and d.relname = 'job_run_details'
 where n.nspname = 'cron'
