-- application_name and database are visible to every role, backend_type is not
select a.application_name as name, d.datname::text as database
  from pg_stat_activity a
  left join pg_database d on d.oid = a.datid
 where a.application_name = 'pg_cron scheduler' or a.application_name like 'pg\_net %'
