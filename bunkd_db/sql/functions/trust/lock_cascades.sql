create or replace function bunkd.lock_cascades(p_tables oid[], p_key name, p_columns name[], p_queue_owner text)
  returns oid[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_written name[];  -- the columns that the write, a generated column or a BEFORE trigger changes
  v_tables oid[] := p_tables;
  v_next record;
begin
  v_written := array(
    select distinct a.attname from pg_attribute a
     where a.attrelid = any (p_tables) and a.attnum > 0 and not a.attisdropped
       and (a.attname = any (p_columns) or a.attgenerated <> ''
            or a.attname <> p_key and exists (select from pg_trigger t
                                               where t.tgrelid = any (p_tables) and not t.tgisinternal
                                                 and t.tgtype & 19 = 19)));
  loop
    with foreign_key as (
      -- what refers to a table that is written: its internal triggers are found by an index, pg_constraint has
      -- none for it
      select c.*, c.conrelid as other, c.confrelid as ours, c.confkey as key
        from pg_trigger t
        join pg_constraint c on c.oid = t.tgconstraint and c.contype = 'f' and c.confrelid = t.tgrelid
       where t.tgrelid = any (v_tables) and t.tgisinternal
      union all
      -- what they refer to is asked as its owner
      select c.*, c.confrelid, c.conrelid, c.conkey from pg_constraint c where c.conrelid = any (v_tables)
        and c.contype = 'f'
    ), reached (what, relation, acts, remedy) as (
      select format('foreign key %I on %s', k.conname, k.conrelid::regclass), k.other,
             k.other = k.conrelid and k.confupdtype in ('c', 'n', 'd'),
             case when k.other = k.conrelid
               then format('Drop it, and revoke the right to make one: revoke references on %s from the roles that '
                           'need none', k.confrelid::regclass)
               else format('Change the owner of table %s to a role that you trust', k.confrelid::regclass) end
        from foreign_key k
       -- a foreign key to a column that stays as it is asks nobody
       where k.ours <> all (p_tables)
          or exists (select from pg_attribute a where a.attrelid = k.ours and a.attnum = any (k.key)
                     and a.attname = any (v_written))
      union all
      select 'table ' || i.inhrelid::regclass, i.inhrelid, true, 'Change its owner to a role that you trust'
        from pg_inherits i where i.inhparent = any (v_tables) and i.inhparent <> all (p_tables)
    )
    select r.what, r.relation, r.remedy, o.relowner as role, bunkd.is_trusted(o.relowner, p_queue_owner) as trusted
      into v_next
      from reached r join pg_class o on o.oid = r.relation
     where r.relation <> all (v_tables) and (r.acts or not bunkd.is_trusted(o.relowner, p_queue_owner))
     order by trusted, r.what limit 1;
    exit when not found;
    if not v_next.trusted then
      raise exception '%: code of role % would run as role %. %',
        v_next.what, quote_ident(pg_get_userbyid(v_next.role)), quote_ident(current_user), v_next.remedy
        using errcode = 'object_not_in_prerequisite_state';
    end if;
    -- with this lock nobody can put a trigger or another foreign key there
    execute format('lock table %s in row exclusive mode', v_next.relation::regclass);
    v_tables := v_tables || v_next.relation;
  end loop;
  return v_tables;
end
$$;

comment on function bunkd.lock_cascades(oid[], name, name[], text) is
  'The tables given (the queue first, then what inherits from it), and those that an update of these columns changes '
  'too, by the foreign keys that refer to them: the AFTER triggers of such a table run as the role that updates. '
  'Locks them, and raises object_not_in_prerequisite_state where one belongs to a role that is not trusted.';
