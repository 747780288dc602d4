create or replace function bunkd.write_mute(p_xact text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select p_xact || ' no more'
$$;

comment on function bunkd.write_mute(text) is
  'What bunkd.name_wake_setting holds while a transaction wakes nobody any more.';
