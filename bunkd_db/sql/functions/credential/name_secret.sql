create or replace function bunkd.name_secret(p_schedule text, p_place text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select 'bunkd:' || p_schedule || case p_place when 'current' then '' else ':' || p_place end
$$;

comment on function bunkd.name_secret(text, text) is
  'The name of a schedule''s secret in Vault; p_place as in bunkd.credential.';
