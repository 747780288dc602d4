-- apart from the queue's other facts: size and predicates wait for a lock on the table
with served as (
  select i.indpred is null and i.indkey[0] = a.attnum as whole,
         case when p.rows ~ ('\m' || a.attname || '\M')
              then array(select w from unnest(%(known)s::text[]) as w where strpos(p.rows, quote_literal(w)) > 0) end as words
    from pg_index i
    join pg_attribute a on a.attrelid = i.indrelid and a.attname = %(column)s and not a.attisdropped
   cross join lateral (select pg_get_expr(i.indpred, i.indrelid)) as p (rows)
   where i.indrelid = to_regclass(%(table)s) and i.indisvalid
)
select c.relkind = 'r' and pg_relation_size(c.oid) < 1024 * 1024 as is_small,
       exists (select from served s where s.whole or s.words @> %(waiting)s::text[]) as waiting,
       exists (select from served s where s.whole or s.words @> %(active)s::text[]) as active
  from pg_class c
 where c.oid = to_regclass(%(table)s)
