create or replace function bunkd.find_jobs(
  p_queue regclass,
  p_key name,
  p_key_type regtype,
  p_job text,
  out ids text[],
  out whole boolean,
  out beginnings boolean
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set enable_bitmapscan = off  -- a bitmap is made whole before the first row
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_type constant text := format_type(p_key_type, -1);  -- a plain cast to character would cut it off
  v_bare constant text := btrim(p_job, E' \t\r\n');
  v_job constant text := coalesce(substring(v_bare from '^''(.*)''$'), substring(v_bare from '^"(.*)"$'), v_bare);
  v_hex constant text := lower(translate(v_job, '-{}', ''));
  v_begins text;
  v_given text;
begin
  foreach v_given in array array[p_job, v_job] loop  -- a key can have quotes and blanks of its own
    begin
      execute format('select array(select o.%1$I::text from %2$s as o where o.%1$I = $1::%3$s limit 1)',
                     p_key, p_queue, v_type)
        into ids using v_given;
    exception when data_exception or undefined_function then
      ids := '{}';  -- no value of that type, or one that knows no =
    end;
    exit when ids <> '{}' or v_given = v_job;
  end loop;
  whole := cardinality(ids) > 0;
  beginnings := p_key_type = 'uuid'::regtype or p_key_type = 'text'::regtype and bunkd.has_prefix_index(p_queue, p_key)
    or p_key_type = 'varchar'::regtype and bunkd.has_prefix_index(p_queue, p_key);
  if whole or not beginnings or v_job = '' then
    return;
  elsif p_key_type = 'uuid'::regtype then
    v_begins := case when v_hex ~ '^[0-9a-f]{1,31}$' then
      format('o.%I between %L::uuid and %L::uuid', p_key, rpad(v_hex, 32, '0'), rpad(v_hex, 32, 'f')) end;
  else
    v_begins := format('o.%I like %L', p_key, regexp_replace(v_job, E'([%_\\\\])', E'\\\\\\1', 'g') || '%');
  end if;
  if v_begins is not null then  -- one more than are shown
    execute format('select array(select o.%1$I::text from %2$s as o where %3$s limit 6)',
                   p_key, p_queue, v_begins) into ids;
  end if;
end
$$;

comment on function bunkd.find_jobs(regclass, name, regtype, text) is
  'The keys that are p_job (whole), else six that begin so, where that reads no large table (beginnings).';
