select d.jobid = %(job)s as ours,
       d.status,
       left(d.return_message, 200) as message,
       extract(epoch from clock_timestamp() - coalesce(d.start_time, d.end_time))::double precision as age
  from cron.job_run_details d
 order by d.runid desc
 limit 50
