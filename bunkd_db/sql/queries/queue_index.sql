-- apart from the queue's other facts: size and predicates wait for a lock on the table
select c.relkind = 'r' and pg_relation_size(c.oid) < 1024 * 1024 as is_small,
       exists (
         select from pg_index i
          cross join lateral (select pg_get_expr(i.indpred, i.indrelid)) as p (rows)
          where i.indrelid = c.oid and i.indisvalid
            and (i.indpred is null and i.indkey[0] = a.attnum
                 or p.rows ~ ('\m' || a.attname || '\M')
                    and (select bool_and(strpos(p.rows, quote_literal(w)) > 0) from unnest(%(waiting)s::text[]) as w))) as indexed
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attname = %(column)s and not a.attisdropped
 where c.oid = to_regclass(%(table)s)
