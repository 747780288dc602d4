-- the command itself is never returned: it may carry a key
select j.jobid as id,
       j.jobname::text as name,
       j.username as role,
       j.active,
       j.schedule as cron,
       j.jobname = 'bunkd:' || %(schedule)s
         and (j.username = coalesce((select pg_get_userbyid(n.nspowner) from pg_namespace n where n.nspname = 'bunkd'),
                                    current_user)
              or /* shared/ticks_too */) as ours,
       j.command = /* shared/cron_command */ as command_is_ours,
       starts_with(j.jobname::text, 'bunkd:') and j.username = current_user and /* shared/any_command */ as any_tick,
       j.database = current_database() as here,
       -- what a new job would get; where this role may not read it, nothing is said
       case when pg_has_role('pg_read_all_settings', 'usage')
         then j.nodename = current_setting('cron.host', true) end as host_is_meant,
       j.nodeport = current_setting('port')::integer as port_is_meant,
       r.oid is not null as role_exists,
       coalesce(r.rolcanlogin, false) as role_logs_in,
       /* shared/legacy_job */ as legacy,
       j.command ~ E'(eyJ[A-Za-z0-9_-]{8,}\\.eyJ|sb_secret_[A-Za-z0-9])' as has_key
  from cron.job j
  left join pg_roles r on r.rolname = j.username
  cross join (select %(schedule)s::text as name, %(url)s::text as url) as s
