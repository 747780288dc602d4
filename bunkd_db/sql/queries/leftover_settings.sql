-- only the setting's name: its value may be a key
select split_part(c.setting, '=', 1) as name,
       d.datname::text as database,
       r.rolname::text as role,
       concat('alter ',
              case when r.rolname is null and d.datname is not null then 'database ' || quote_ident(d.datname)
                   else concat('role ', coalesce(quote_ident(r.rolname), 'all'), ' in database '
                               || quote_ident(d.datname)) end,
              ' reset ', split_part(c.setting, '=', 1), ';') as reset
  from pg_db_role_setting s
  left join pg_database d on d.oid = s.setdatabase
  left join pg_roles r on r.oid = s.setrole
 cross join lateral unnest(s.setconfig) as c (setting)
 where (s.setdatabase = 0 or d.datname = current_database())
   and (split_part(c.setting, '=', 1) in ('app.settings.service_role_key', 'supabase.service_role_key')
        or split_part(c.setting, '=', 1) like '%%service_role_key'
        or substr(c.setting, strpos(c.setting, '=') + 1) ~ E'(eyJ[A-Za-z0-9_-]{8,}\\.eyJ|sb_secret_[A-Za-z0-9])')
