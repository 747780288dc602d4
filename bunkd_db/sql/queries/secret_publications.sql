-- through which the credential in plain text gets to logical replicas
select distinct p.pubname::text as name
  from pg_publication_tables p
 where p.schemaname = 'bunkd' and p.tablename = 'secret'
 order by 1
