create or replace function bunkd.status_condition(p_expression text, p_type regtype, p_words text[]) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- An enum takes only its own labels, and a cast of the column would keep an index from serving it.
  return (select format('%s in (%s)', p_expression, string_agg(format('%L', w.word) || v.as_type, ', ' order by w.position))
    from unnest(p_words) with ordinality as w (word, position)
    cross join lateral (
      select case when t.typtype = 'e' then format('::%s', p_type) else '' end as as_type,
             t.typtype <> 'e' or exists (select from pg_enum e where e.enumtypid = t.oid and e.enumlabel = w.word) as fits
        from pg_type t where t.oid = p_type) as v
   where v.fits
  having count(*) > 0);
end
$$;

comment on function bunkd.status_condition(text, regtype, text[]) is
  'The SQL condition "this status is one of these words", in the status column''s own type; null where an enum knows none of them.';
