create or replace function bunkd.find_read_only_obstacles() returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_set record;
  v_reset text;
begin
  -- For a session that pg_cron opens as this role, not for the one that asks.
  select c.value, s.setrole, s.setdatabase into v_set
    from pg_db_role_setting s
    join pg_database d on d.datname = current_database() and s.setdatabase in (0, d.oid)
    join pg_roles r on r.rolname = current_user and s.setrole in (0, r.oid)
   cross join lateral (select split_part(o.option, '=', 2) as value from unnest(s.setconfig) as o (option)
                        where starts_with(o.option, 'default_transaction_read_only=')) as c
   order by s.setrole = 0, s.setdatabase = 0 limit 1;
  if not found then
    select g.reset_val as value, 0 as setrole, 0 as setdatabase into v_set from pg_settings g
     where g.name = 'default_transaction_read_only' and g.source in ('configuration file', 'command line');
  end if;
  if v_set.value::boolean then
    v_reset := case
      when v_set.setrole <> 0 then format('alter role %I', current_user)
        || case when v_set.setdatabase <> 0 then format(' in database %I', current_database()) else '' end
        || ' reset default_transaction_read_only;'
      when v_set.setdatabase <> 0
        then format('alter database %I reset default_transaction_read_only;', current_database()) end;
    return next row('READ_ONLY',
                    'the database is read-only (default_transaction_read_only is on): a full disk is the usual cause',
      case when v_reset is null
        then 'Make room, then set default_transaction_read_only to off in the server''s configuration and reload it.'
           else 'Make room, then reset the setting:' end,
      array_remove(array[v_reset], null))::bunkd.obstacle;
  end if;
end
$$;

comment on function bunkd.find_read_only_obstacles() is
  'For bunkd.find_obstacles: whether this role''s sessions in this database begin read-only, as providers make them '
  'when the disk is full.';
