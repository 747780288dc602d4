create or replace function bunkd.record_upgrade(p_version text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant jsonb := jsonb_build_object(
    'version', p_version, 'revision', (select v.version_num from bunkd.alembic_version v));
  v_last constant jsonb := (select c.after from bunkd.change c where c.what = 'upgrade' order by c.id desc limit 1);
begin
  if v_last is distinct from v_now then
    perform bunkd.record_change(null, 'upgrade', v_last, v_now);
  end if;
end
$$;

comment on function bunkd.record_upgrade(text) is
  'Records that another version of bunkd-db, or another revision, is installed now.';
