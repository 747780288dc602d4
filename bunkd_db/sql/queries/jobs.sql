-- the command itself is never returned: it may carry a key
select j.jobid as id,
       j.jobname::text as name,
       j.username as role,
       j.active,
       j.schedule as cron,
       j.jobname = 'bunkd:' || %(schedule)s as ours,
       j.command = format('select bunkd.tick(%%L)', %(schedule)s::text) as command_is_ours,
       j.database = current_database() as here,
       coalesce(j.jobname, '') not like 'bunkd:%%'
         and (j.jobname = %(schedule)s
              or j.command ~* '\mtrigger_job_processing\M'
              or j.command ~* '\mnet\.http_\w+' and %(url)s <> '' and strpos(j.command, %(url)s) > 0) as old_recipe,
       j.command ~ '(eyJ[A-Za-z0-9_-]{8,}\.eyJ|sb_secret_[A-Za-z0-9])' as has_key
  from cron.job j
