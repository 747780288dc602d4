create or replace function bunkd.name_wake_setting(p_schedule text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule constant text := p_schedule;
begin
  return /* shared/wake_setting */;
end
$$;

comment on function bunkd.name_wake_setting(text) is
  'The transaction-local setting in which a schedule''s wake remembers the transaction that it is armed in. A writer '
  'who forges it only puts off its own wake.';
