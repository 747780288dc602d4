-- apart from the queue's other facts: size and predicates wait for a lock on the table
with queue as (
  select c.oid, c.relkind, a.attname, a.attnum, a.atttypid, a.attcollation
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = %(column)s and not a.attisdropped
   where c.oid = to_regclass(%(table)s)
), served as (
  select v.state
    from queue a
    join pg_index i on i.indrelid = a.oid
   cross join (values ('waiting', %(waiting)s::text[]), ('active', %(active)s::text[])) as v (state, words)
   where /* shared/index_serves */
)
select q.relkind = 'r' and pg_relation_size(q.oid) < 1024 * 1024 as is_small,
       exists (select from served s where s.state = 'waiting') as waiting,
       exists (select from served s where s.state = 'active') as active
  from queue q
