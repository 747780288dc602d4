create or replace function bunkd.credential_kind(p_value text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_payload text;
  v_role text;
begin
  if starts_with(p_value, 'sb_secret_') then
    return 'supabase-secret-key';
  elsif starts_with(p_value, 'sb_publishable_') then
    return 'supabase-publishable-key';
  elsif p_value !~ E'^eyJ[^.]*\\.[^.]+\\.[^.]*$' then
    return 'token';
  end if;
  begin
    v_payload := translate(split_part(p_value, '.', 2), '-_', '+/');
    v_payload := rpad(v_payload, (length(v_payload) + 3) / 4 * 4, '=');
    v_role := convert_from(decode(v_payload, 'base64'), 'UTF8')::jsonb ->> 'role';
  exception when others then  -- looks like a JWT and is none: a token; the error would quote the value
    return 'token';
  end;
  return case when v_role in ('service_role', 'anon', 'authenticated') then 'jwt-' || v_role else 'jwt' end;
end
$$;

comment on function bunkd.credential_kind(text) is
  'What kind a credential is, by its look: token, jwt, jwt-service_role, jwt-anon, jwt-authenticated, '
  'supabase-secret-key or supabase-publishable-key.';
