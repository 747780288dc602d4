create or replace function bunkd.has_time_index(p_table regclass, p_column text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attname = p_column
      join pg_class c on c.oid = i.indexrelid
      join pg_am m on m.oid = c.relam and m.amname = 'btree'
     where i.indrelid = p_table and i.indisvalid and i.indpred is null and i.indkey[0] = a.attnum
       and a.atttypid = 'timestamptz'::regtype
       and i.indoption[0] in (0, 3));  -- read backwards or forwards, it begins with what order by desc wants
end
$$;

comment on function bunkd.has_time_index(regclass, text) is
  'Whether the newest rows by this column of type timestamptz are found without reading or sorting a table.';
