create or replace function bunkd.has_index(p_table regclass, p_column text, p_values text[]) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
begin
  -- The cheap questions first: a small table is read faster than an index, and most indexes are plain.
  if (select c.relkind = 'r' and pg_relation_size(c.oid) < 1024 * 1024 from pg_class c where c.oid = p_table) then
    return true;
  end if;
  if exists (  -- what is said of a plain index below, without the cost of all the rest
    select from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attname = p_column
     where i.indrelid = p_table
       and i.indisvalid and i.indpred is null and i.indkey[0] = a.attnum and i.indcollation[0] = a.attcollation
       and a.atttypid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype,
                          'int2'::regtype, 'int4'::regtype, 'int8'::regtype)
       and (select c.relam from pg_class c where c.oid = i.indexrelid) = (select m.oid from pg_am m
           where m.amname = 'btree')) then
    return true;
  end if;
  return exists (
    select from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attname = p_column
     cross join (select p_values as words) as v
     where i.indrelid = p_table
       and /* shared/index_serves */);
exception when lock_not_available then
  return false;  -- somebody rewrites the table: its size cannot be asked
end
$$;

comment on function bunkd.has_index(regclass, text, text[]) is
  'Whether rows with these status values are found without reading a large table: by an index on the column, by a '
  'partial index for nothing but these values or some more, or because the table is below 1 MB. In doubt, no.';
