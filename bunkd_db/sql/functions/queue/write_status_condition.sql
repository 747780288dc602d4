create or replace function bunkd.write_status_condition(p_expression text, p_type regtype, p_values text[]) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_enum boolean := false;
begin
  if p_type >= 16384 then  -- no type of the system's is one
    v_enum := (select t.typtype = 'e' from pg_type t where t.oid = p_type);
  end if;
  if not v_enum then
    return (select format('%s in (%s)', p_expression, string_agg(format('%L', w.value), ', '))
            from unnest(p_values) as w (value)
            having count(*) > 0);
  end if;
  -- An enum takes only its own labels, and a cast of the column would keep an index from serving it.
  return (select format('%s in (%s)', p_expression,
                        string_agg(format('%L::%s', w.value, p_type), ', ' order by w.position))
    from unnest(p_values) with ordinality as w (value, position)
   where exists (select from pg_enum e where e.enumtypid = p_type and e.enumlabel = w.value)
  having count(*) > 0);
end
$$;

comment on function bunkd.write_status_condition(text, regtype, text[]) is
  'The SQL condition "this status is one of these values", in the status column''s own type; null where an enum knows '
  'none of them.';
