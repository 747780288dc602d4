-- over a table q: the column of its primary key, where that is one alone
(select a.attname, a.atttypid, a.atttypmod
   from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
  where i.indrelid = q.oid and i.indisprimary and i.indnatts = 1)
