-- over a table q: the expression for how often a row was claimed, where the table is of Bunkd's second generation (that
-- one never claims a row a fourth time; what another table calls attempts has another meaning), and the columns that
-- say when a row was made and when it was claimed; without a zone, its age would depend on who asks. In one pass.
(select case when count(*) filter (where a.attname in ('claim_id', 'claimed_at')) = 2 then
          'coalesce(' || quote_ident(max(a.attname) filter (
            where a.attname = 'attempts' and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)))
          || ', 0)' end as claims,
        max(a.attname) filter (where a.attname in ('created_at', 'createdAt')
                                 and a.atttypid = 'timestamptz'::regtype) as created,
        max(a.attname) filter (where a.attname in /* shared/start_names */
                                 and a.atttypid = 'timestamptz'::regtype) as started
   from pg_attribute a
  where a.attrelid = q.oid and a.attnum > 0 and not a.attisdropped)
