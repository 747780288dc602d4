create or replace function bunkd.write_window(p_shape bunkd.queue_shape, p_rows integer) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_name name;
  v_small boolean;
begin
  -- below 1 MB a table is read faster than an index
  select c.relname, c.relkind = 'r' and pg_relation_size(c.oid) < 1024 * 1024 into v_name, v_small
    from pg_class c where c.oid = p_shape.queue;
  if v_small then
    return format('(select * from %s%s limit %s) as %I', p_shape.queue,
                  coalesce(' order by ' || quote_ident(p_shape.created_column) || ' desc nulls last', ''), p_rows,
                    v_name);
  elsif bunkd.has_time_index(p_shape.queue, p_shape.created_column) then
    return format('(select * from %1$s where %2$I is not null order by %2$I desc limit %3$s) as %4$I', p_shape.queue,
                  p_shape.created_column, p_rows, v_name);
  end if;
  return null;
exception when lock_not_available then
  return null;  -- somebody rewrites the table: its size cannot be asked
end
$$;

comment on function bunkd.write_window(bunkd.queue_shape, integer) is
  'The newest rows of a queue, p_rows at most, as what follows FROM; null where no index finds them and the table is '
  'not small.';
