-- every job that this role sees. The command may hold a key: it is looked at, and never shown.
select j.jobid as id,
       j.jobname::text as name,
       j.username as role,
       j.database,
       j.database = current_database() as here,
       j.active,
       j.schedule as cron,
       /* shared/legacy_job */ as legacy,
       count(*) over () as all_jobs,
       left(j.command, 100000) as command
  from cron.job j
 cross join (select %(schedule)s::text as name, %(url)s::text as url) as s
 order by j.jobid
 limit 1000
