-- over a column a: its type, or what its domain is of
(with recursive up (oid) as (
   select a.atttypid
   union all
   select t.typbasetype from up join pg_type t on t.oid = up.oid where t.typtype = 'd'
 )
 select t.oid from up join pg_type t on t.oid = up.oid where t.typtype <> 'd')
