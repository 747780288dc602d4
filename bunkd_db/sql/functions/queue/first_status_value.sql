create or replace function bunkd.first_status_value(p_type regtype, p_values text[]) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select w.value from unnest(p_values) with ordinality as w (value, position)
    join pg_type t on t.oid = p_type
   where t.typtype <> 'e' or exists (select from pg_enum e where e.enumtypid = t.oid and e.enumlabel = w.value)
   order by w.position limit 1
$$;

comment on function bunkd.first_status_value(regtype, text[]) is
  'The first of these status values that the status column''s type can hold.';
