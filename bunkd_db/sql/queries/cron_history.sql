-- a run that never connected has no times
select (select count(*) from (select from cron.job_run_details limit 10001) as o) as counted,
       nullif(c.reltuples, -1)::double precision as estimate,
       pg_total_relation_size(c.oid) as bytes,
       (select extract(epoch from clock_timestamp() - min(o.start_time))
          from (select r.start_time from cron.job_run_details r order by r.runid
                limit 100) as o)::double precision as oldest,
       (select extract(epoch from clock_timestamp() - min(o.start_time))
          from (select r.start_time from cron.job_run_details r order by r.runid desc
                limit 10000) as o)::double precision as seen_for
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'cron' and c.relname = 'job_run_details'
