select w.name, d.datname::text as database
  from /* shared/workers */ as w
  left join pg_database d on d.oid = w.datid
