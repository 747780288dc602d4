create or replace function bunkd.estimate_rows(p_queue regclass, p_column text, p_value text) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select (c.reltuples * f.share)::bigint
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = p_column
     cross join lateral unnest(s.most_common_vals::text::text[], s.most_common_freqs) as f (value, share)
     where c.oid = p_queue and c.reltuples > 0 and f.value = p_value
     order by s.inherited desc limit 1);
end
$$;

comment on function bunkd.estimate_rows(regclass, text, text) is
  'About how many rows have this status value, by the planner''s statistics; null where they do not tell.';
