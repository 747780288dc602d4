create or replace function bunkd.find_key(p_queue regclass, out key name, out key_type regtype)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- a view, or a primary key of several columns: what is called id
  select c.attname, /* shared/base_type */ into key, key_type
    from pg_class q
    left join lateral /* shared/key_column */ as k on true
    join pg_attribute c on c.attrelid = q.oid and c.attname = coalesce(k.attname, 'id') and not c.attisdropped
    join pg_attribute a on a.attrelid = c.attrelid and a.attnum = c.attnum
   where q.oid = p_queue;
  if key_type >= 16384 then  -- its input, casts and operators could be anybody's code
    key := null;
  end if;
end
$$;

comment on function bunkd.find_key(regclass) is
  'The column that names a job: the primary key, else id; null: none, or one of a type that is not the system''s.';
