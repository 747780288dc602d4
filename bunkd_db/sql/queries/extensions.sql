select w.name,
       a.default_version::text as available,
       e.extversion as installed,
       en.nspname::text as schema,
       e.oid is null and exists (select from pg_namespace n where n.nspname = replace(w.name, 'pg_', ''))
         -- http is created in a schema of that name only where there is none for extensions
         and not (w.name = 'http' and exists (select from pg_namespace n where n.nspname = 'extensions'))
         as foreign_schema,
       coalesce((select v.superuser and not v.trusted from pg_available_extension_versions v
                  where v.name = w.name and v.version = a.default_version), true) as superuser_only
  from (values ('pg_cron'), ('pg_net'), ('http')) as w (name)
  left join pg_available_extensions a on a.name = w.name
  left join pg_extension e on e.extname = w.name
  left join pg_namespace en on en.oid = e.extnamespace
 order by w.name
