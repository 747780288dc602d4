-- what PostgREST serves, where it is configured in the database
select btrim(w.name, ' "') as name
  from pg_db_role_setting s
  join pg_roles r on r.oid = s.setrole and r.rolname = 'authenticator'
 cross join lateral unnest(s.setconfig) as c (setting)
 cross join lateral regexp_split_to_table(substr(c.setting, strpos(c.setting, '=') + 1), ',') as w (name)
 where c.setting like 'pgrst.db_schemas=%%'
