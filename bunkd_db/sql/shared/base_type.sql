-- over a column a: its type, or what its domain is of; a recursion is a hundred times as slow as the plain question
(select case when y.typtype <> 'd' then y.oid else (
   with recursive up (oid) as (
     select y.typbasetype
     union all
     select t.typbasetype from up join pg_type t on t.oid = up.oid where t.typtype = 'd'
   )
   select t.oid from up join pg_type t on t.oid = up.oid where t.typtype <> 'd') end
   from pg_type y where y.oid = a.atttypid)
