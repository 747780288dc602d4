-- over a table q: the name of the column that says when a row was made; without a zone, its age would depend
-- on who asks
(select a.attname from pg_attribute a
  where a.attrelid = q.oid and a.attname in ('created_at', 'createdAt') and not a.attisdropped
    and a.atttypid = 'timestamptz'::regtype
  order by a.attname desc limit 1)
