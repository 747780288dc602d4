-- over a table q: the expression for how often a row was claimed, where the table is of Bunkd's second generation. That
-- one never claims a row a fourth time; what another table calls attempts has another meaning.
(select 'coalesce(' || quote_ident(a.attname) || ', 0)' from pg_attribute a
  where a.attrelid = q.oid and a.attname = 'attempts' and not a.attisdropped
    and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
    and (select count(*) from pg_attribute o
          where o.attrelid = q.oid and o.attname in ('claim_id', 'claimed_at') and not o.attisdropped) = 2)
