-- over a role r and a database d: why pg_cron could not run a job of this role here, and what changes that
(values
  (1, not r.rolcanlogin,
      'role ' || quote_ident(r.rolname) || ' cannot log in, and pg_cron logs in as the role of a job',
      'Let the role log in, as an administrator, then upgrade:',
      array['alter role ' || quote_ident(r.rolname) || ' login;', 'bunkd-db upgrade']),
  (2, r.rolconnlimit = 0 and not r.rolsuper,
      'role ' || quote_ident(r.rolname) || ' is allowed no connection, and each run of a job is one',
      'Raise the role''s limit, as an administrator, then upgrade:',
      array['alter role ' || quote_ident(r.rolname) || ' connection limit -1;', 'bunkd-db upgrade']),
  (3, d.datconnlimit = 0 and not r.rolsuper,
      'database ' || quote_ident(d.datname) || ' allows no connection, and each run of a job is one',
      'Raise the database''s limit, as an administrator, then upgrade:',
      array['alter database ' || quote_ident(d.datname) || ' connection limit -1;', 'bunkd-db upgrade']),
  (4, not has_database_privilege(r.oid, d.oid, 'connect'),
      'role ' || quote_ident(r.rolname) || ' cannot connect to database ' || quote_ident(d.datname),
      'Let the role connect, as an administrator, then upgrade:',
      array['grant connect on database ' || quote_ident(d.datname) || ' to ' || quote_ident(r.rolname) || ';',
            'bunkd-db upgrade']),
  (5, case when r.rolsuper and pg_has_role('pg_read_all_settings', 'usage')
           then current_setting('cron.enable_superuser_jobs', true) = 'off' end,
      'role ' || quote_ident(r.rolname) || ' is a superuser, and cron.enable_superuser_jobs is off',
      'Set cron.enable_superuser_jobs = on in the configuration and restart the server, or choose a role that is no '
      'superuser; then upgrade:',
      array['bunkd-db upgrade'])
) as o (rank, there, detail, remedy, commands)
