create or replace function bunkd.first_word(p_type regtype, p_words text[]) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select w.word from unnest(p_words) with ordinality as w (word, position)
    join pg_type t on t.oid = p_type
   where t.typtype <> 'e' or exists (select from pg_enum e where e.enumtypid = t.oid and e.enumlabel = w.word)
   order by w.position limit 1
$$;

comment on function bunkd.first_word(regtype, text[]) is 'The first of these status words that the status column''s type can hold.';
