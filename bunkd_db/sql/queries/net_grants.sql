-- what bunkd.find_missing_net_rights asks about its own role
with routine as (
  select p.oid, p.prosecdef, p.proname = 'http_post' as posts
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace and n.nspname = 'net'
    join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_extension'::regclass
      and d.deptype = 'e'
    join pg_extension e on e.oid = d.refobjid and e.extname = 'pg_net'
   where p.proname in ('http_post', 'wake', '_urlencode_string', '_encode_url_with_params_array')
),
-- before pg_net 0.12, and where a provider has made it so, it inserts with its owner's privileges
lent as (select coalesce(bool_and(r.prosecdef), false) as lent from routine r where r.posts)
select has_schema_privilege(%(installer)s, n.oid, 'usage') as usage,
       has_table_privilege(%(installer)s, q.oid, 'select')
         and (l.lent or has_table_privilege(%(installer)s, q.oid, 'insert')) as queue,
       has_table_privilege(%(installer)s, r.oid, 'select') as response,
       l.lent or has_sequence_privilege(%(installer)s, s.oid, 'usage, update') as sequence,
       not exists (select from routine f where (f.posts or not l.lent)
                   and not has_function_privilege(%(installer)s, f.oid, 'execute')) as functions
  from pg_namespace n
  join pg_class q on q.relnamespace = n.oid and q.relname = 'http_request_queue'
  join pg_class r on r.relnamespace = n.oid and r.relname = '_http_response'
  join pg_class s on s.relnamespace = n.oid and s.relname = 'http_request_queue_id_seq'
 cross join lent l
 where n.nspname = 'net'
