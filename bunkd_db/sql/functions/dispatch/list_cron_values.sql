create or replace function bunkd.list_cron_values(p_field text, p_low integer, p_high integer,
                                                  p_names text[] default '{}')
returns integer[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_field text := lower(p_field);
  v_name text;
  v_number integer := p_low;
begin
  foreach v_name in array p_names loop
    v_field := replace(v_field, v_name, v_number::text);
    v_number := v_number + 1;
  end loop;
  return array(
    select distinct v.value
      from regexp_split_to_table(v_field, ',') as p (part)
     cross join lateral (select split_part(p.part, '/', 1) as span,
                         nullif(split_part(p.part, '/', 2), '')::integer as step) as s
     cross join lateral (
       select case when s.span = '*' then p_low else split_part(s.span, '-', 1)::integer end as first,
              case when s.span = '*' then p_high
                else coalesce(nullif(split_part(s.span, '-', 2), ''), split_part(s.span, '-', 1))::integer end as last
     ) as b
     cross join lateral generate_series(b.first, b.last, coalesce(s.step, 1)) as v (value)
     order by v.value);
end
$$;

comment on function bunkd.list_cron_values(text, integer, integer, text[]) is
  'The numbers that one field of a cron expression names, in order: of *, lists, ranges, steps, and names that count '
  'from p_low.';
