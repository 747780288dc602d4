-- there is no index but that of runid: what is older than the last 10,000 runs is not looked for
select distinct on (d.jobid)
       d.jobid as job,
       d.status,
       left(d.return_message, 2000) as message,
       coalesce(d.end_time, d.start_time) as at,
       extract(epoch from clock_timestamp() - coalesce(d.end_time, d.start_time))::double precision as ago
  from (select r.runid, r.jobid, r.status, r.return_message, r.start_time, r.end_time from cron.job_run_details r
         order by r.runid desc limit 10000) as d
 order by d.jobid, d.status in ('succeeded', 'failed') desc, d.runid desc
