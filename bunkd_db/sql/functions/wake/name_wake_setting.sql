create or replace function bunkd.name_wake_setting(p_schedule text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return 'bunkd.wake_' || left(md5(p_schedule), 8);
end
$$;

comment on function bunkd.name_wake_setting(text) is
  'The transaction-local setting in which a schedule''s wake remembers the transaction that it is armed in. A writer '
  'who forges it only puts off its own wake.';
