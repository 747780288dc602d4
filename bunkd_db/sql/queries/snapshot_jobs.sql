select 'cron job' as kind, format('%s (%s)', coalesce(j.jobname, 'without a name'), j.jobid) as name,
       md5(concat_ws(' ', j.schedule, j.command, j.nodename, j.nodeport, j.database, j.username,
                     j.active)) as definition
  from cron.job j
