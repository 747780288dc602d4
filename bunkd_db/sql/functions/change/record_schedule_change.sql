create or replace function bunkd.record_schedule_change() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_before jsonb;
  v_after jsonb;
  v_copy text;  -- what it was, without being held, and is no more
begin
  if tg_op = 'INSERT' then
    perform bunkd.record_change(new.name, 'create');
    return null;
  end if;
  select jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value) into v_before, v_after
    from jsonb_each(bunkd.write_shown_settings(old)) as o
    join jsonb_each(bunkd.write_shown_settings(new)) as n on n.key = o.key
   where to_jsonb(old) -> o.key is distinct from to_jsonb(new) -> o.key;
  if old.held is null and (old.system_identifier is distinct from new.system_identifier
                           or old.database_oid is distinct from new.database_oid)
     and bunkd.find_copy(new) is null then
    v_copy := bunkd.find_copy(old);
  end if;
  if v_after is null and v_copy is null then
    return null;
  end if;
  perform bunkd.record_change(new.name, case
    when old.held is null and new.held is not null then 'hold'
    when old.held is not null and new.held is null or v_copy is not null then 'open'
    when bunkd.is_paused(new) and not bunkd.is_paused(old) then 'pause'
    when old.paused and not new.paused then 'resume'
    when new.mode is distinct from old.mode then 'mode'
    else 'set' end, v_before, v_after, v_copy);
  return null;
end
$$;

comment on function bunkd.record_schedule_change() is
  'Trigger of bunkd.schedule: records in bunkd.change what of its settings, pause, mode or hold was changed, by '
  'whomever.';
