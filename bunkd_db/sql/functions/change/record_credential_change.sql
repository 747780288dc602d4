create or replace function bunkd.record_credential_change() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_before jsonb;
  v_after jsonb;
begin
  if tg_op = 'DELETE' and old.store = 'removed' then
    return null;  -- said when its secret went
  end if;
  -- never its value, nor a digest of it
  if tg_op <> 'INSERT' then
    v_before := jsonb_build_object('place', old.place, 'kind', old.kind, 'store', old.store, 'set_at', old.set_at);
  end if;
  if tg_op <> 'DELETE' then
    v_after := jsonb_build_object('place', new.place, 'kind', new.kind, 'store', new.store, 'set_at', new.set_at);
  end if;
  if v_before is distinct from v_after then
    perform bunkd.record_change(coalesce(new.schedule, old.schedule), 'credential', v_before, v_after);
  end if;
  return null;
end
$$;

comment on function bunkd.record_credential_change() is
  'Trigger of bunkd.credential: records in bunkd.change that another secret was set or dropped, and of which kind it '
  'is; never the secret.';
