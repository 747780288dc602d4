select s.name,
       count(j.jobid) as jobs,
       s.url is null or not bunkd.has_credential(s.name) as incomplete,
       coalesce(bool_and(j.active and j.database = current_database() and j.nodeport = current_setting('port')::integer
                         and j.schedule = s.cron_schedule
                         and s.cron_schedule in (bunkd.write_cron_schedule(s.every, true),
                                                 bunkd.write_cron_schedule(s.every, false))
                         and j.command = /* shared/cron_command */), false) as as_meant
  from bunkd.schedule s
  left join (cron.job j left join pg_roles r on r.rolname = j.username) on j.jobname = 'bunkd:' || s.name
   and (j.username = (select pg_get_userbyid(n.nspowner) from pg_namespace n where n.nspname = 'bunkd')
        or /* shared/ticks_too */)
 where s.name <> %(schedule)s and s.mode = 'native' and not s.deployed ? 'retired'
 group by s.name
 order by s.name
