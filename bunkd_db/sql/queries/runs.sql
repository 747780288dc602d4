select d.jobid in (select j.jobid from cron.job j where j.jobname = 'bunkd:' || %(schedule)s) as ours,
       d.status,
       left(d.return_message, 200) as message,
       -- pg_cron's own texts: it has no codes
       case d.return_message
         when 'connection failed' then 'no_login'
         when 'job startup timeout' then 'no_worker'
       end as never_began
  from cron.job_run_details d
 order by d.runid desc
 limit 50
