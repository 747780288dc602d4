-- what bunkd.find_http asks about its own role
select quote_ident(n.nspname) as schema,
       has_schema_privilege(%(installer)s, p.pronamespace, 'usage')
         and has_function_privilege(%(installer)s, p.oid, 'execute') as usable,
       (select string_agg(distinct format('%%I', pg_get_userbyid(t.typowner)), ', ')
          from pg_depend y join pg_type t on t.oid = y.objid and t.typtype in ('d', 'c')
         cross join (select %(queue_owner)s::text as queue_owner) as v
         cross join lateral (select t.typowner as role) as w
         where y.classid = 'pg_type'::regclass and y.refclassid = 'pg_extension'::regclass and y.refobjid = e.oid
           and y.deptype = 'e' and pg_get_userbyid(t.typowner) <> %(installer)s
           and not /* shared/trusted */) as strangers,
       exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
                where a.privilege_type = 'EXECUTE' and a.grantee = 0) as public,
       -- the role's own: this session may have another one
       (select g.reset_val::integer from pg_settings g where g.name = 'statement_timeout') as limit_ms
  from pg_extension e
  join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
    and d.classid = 'pg_proc'::regclass
  join pg_proc p on p.oid = d.objid and p.proname = 'http' and p.pronargs = 1
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang and l.lanname = 'c'
  join pg_type t on t.oid = p.proargtypes[0] and t.typname = 'http_request'
 where e.extname = 'http'
