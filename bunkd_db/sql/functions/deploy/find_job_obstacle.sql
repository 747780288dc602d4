create or replace function bunkd.find_job_obstacle() returns bunkd.obstacle
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select row('JOB_ROLE', o.detail, o.remedy, o.commands)::bunkd.obstacle
    from pg_roles r join pg_database d on d.datname = current_database()
    cross join lateral /* shared/job_obstacles */
   where r.rolname = current_user and o.there
   order by o.rank
   limit 1
$$;

comment on function bunkd.find_job_obstacle() is
  'Why pg_cron would take a job of this role and never run it; null where it would.';
