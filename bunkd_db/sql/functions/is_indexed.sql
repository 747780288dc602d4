create or replace function bunkd.is_indexed(p_table regclass, p_column text, p_words text[]) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
begin
  -- The cheap questions first: a small table is read faster than an index, and most indexes are plain.
  if (select c.relkind = 'r' and pg_relation_size(c.oid) < 1024 * 1024 from pg_class c where c.oid = p_table) then
    return true;
  end if;
  return exists (
    select from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attname = p_column
     cross join (select p_words as words) as v
     where i.indrelid = p_table
       and /* shared/index_serves */);
exception when lock_not_available then
  return false;  -- somebody rewrites the table: its size cannot be asked
end
$$;

comment on function bunkd.is_indexed(regclass, text, text[]) is
  'Whether rows with these status words are found without reading a large table: by an index on the column, by a partial index for nothing but the words or some more, or because the table is below 1 MB. In doubt, no.';
