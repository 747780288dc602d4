-- apart from the queue's other facts: size and predicates wait for a lock on the table
with queue as (
  select c.oid, c.relkind, a.attname, a.attnum,
         -- an enum has only its own labels
         array(select w from unnest(%(known)s::text[]) as w
                where not exists (select from pg_enum e where e.enumtypid = a.atttypid)
                   or exists (select from pg_enum e where e.enumtypid = a.atttypid and e.enumlabel = w)) as possible
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = %(column)s and not a.attisdropped
   where c.oid = to_regclass(%(table)s)
), served as (
  select i.indpred is null and i.indkey[0] = q.attnum as whole,
         case when p.rows ~ ('\m' || q.attname || '\M')
              then array(select w from unnest(q.possible) as w where strpos(p.rows, quote_literal(w)) > 0) end as words
    from queue q
    join pg_index i on i.indrelid = q.oid and i.indisvalid
   cross join lateral (select pg_get_expr(i.indpred, i.indrelid)) as p (rows)
), wanted as (
  select array(select w from unnest(q.possible) as w where w = any (%(waiting)s::text[])) as waiting,
         array(select w from unnest(q.possible) as w where w = any (%(active)s::text[])) as active
    from queue q
)
select q.relkind = 'r' and pg_relation_size(q.oid) < 1024 * 1024 as is_small,
       exists (select from served s where s.whole or s.words @> w.waiting) as waiting,
       exists (select from served s where s.whole or s.words @> w.active) as active
  from queue q
 cross join wanted w
