select has_schema_privilege(%(installer)s, n.oid, 'usage') as usage,
       has_table_privilege(%(installer)s, q.oid, 'select')
         -- before pg_net 0.12 its functions insert with their owner's privileges
         and (has_table_privilege(%(installer)s, q.oid, 'insert')
              or exists (select from pg_proc p where p.pronamespace = n.oid and p.proname = 'http_post' and p.prosecdef)) as queue,
       has_table_privilege(%(installer)s, r.oid, 'select') as response
  from pg_namespace n
  join pg_class q on q.relnamespace = n.oid and q.relname = 'http_request_queue'
  join pg_class r on r.relnamespace = n.oid and r.relname = '_http_response'
 where n.nspname = 'net'
