select s.name,
       count(j.jobid) as jobs,
       coalesce(bool_and(j.active and j.database = current_database() and j.schedule = s.cron_schedule
                         and s.cron_schedule in (bunkd.cron_schedule(s.every, true), bunkd.cron_schedule(s.every, false))
                         and j.command = format('select bunkd.tick(%%L)', s.name)), false) as as_meant
  from bunkd.schedule s
  left join cron.job j on j.jobname = 'bunkd:' || s.name
 where s.name <> %(schedule)s and s.mode = 'native'
 group by s.name
 order by s.name
