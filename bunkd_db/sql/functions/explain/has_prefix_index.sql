create or replace function bunkd.has_prefix_index(p_queue regclass, p_key name) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
begin
  return (select c.relkind = 'r' and pg_relation_size(c.oid) < 1024 * 1024 from pg_class c where c.oid = p_queue)
    or exists (
      select from pg_index i
        join pg_attribute a on a.attrelid = i.indrelid and a.attname = p_key and a.attnum = i.indkey[0]
        join pg_opclass o on o.oid = i.indclass[0]
        join pg_am m on m.oid = o.opcmethod and m.amname = 'btree'
        join pg_database d on d.datname = current_database()
        left join pg_collation n on n.oid = i.indcollation[0]
       where i.indrelid = p_queue and i.indisvalid and i.indpred is null
         and (o.opcname in ('text_pattern_ops', 'varchar_pattern_ops')
              or case when n.collprovider <> 'd' then n.collprovider <> 'i' and n.collname in ('C', 'POSIX')
                 -- PostgreSQL 14 has no providers of databases; ICU has an order of its own whatever datcollate says
                 else coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') <> 'i' and d.datcollate in ('C', 'POSIX') end));
exception when lock_not_available then
  return false;  -- somebody rewrites the table: its size cannot be asked
end
$$;

comment on function bunkd.has_prefix_index(regclass, name) is
  'Whether texts that begin in one way are found by an index in byte order, or in a table below 1 MB.';
