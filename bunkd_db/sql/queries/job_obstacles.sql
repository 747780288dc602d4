select o.detail, o.remedy, o.commands
  from pg_roles r join pg_database d on d.datname = current_database()
  cross join lateral /* shared/job_obstacles */
 where r.rolname = %(installer)s and o.there
 order by o.rank
