create or replace function bunkd.find_trigger(p_table regclass, p_event text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce(
    (select format('trigger %I', t.tgname) from pg_trigger t
      where t.tgrelid = p_table and not t.tgisinternal and t.tgenabled <> 'D'
        and t.tgtype & case p_event when 'insert' then 4 when 'delete' then 8 when 'update' then 16 end <> 0
      order by t.tgname limit 1),
    (select format('rule %I', r.rulename) from pg_rewrite r
      where r.ev_class = p_table and r.ev_enabled <> 'D'
        and r.ev_type = case p_event when 'update' then '2' when 'insert' then '3' when 'delete' then '4' end::"char"
      order by r.rulename limit 1),
    -- A foreign key that refers to the table: what it does there is asked as the other table's owner, whose triggers
    -- then run as who deletes. An index leads from the table to its internal triggers, but none to pg_constraint.
    (select format('foreign key %I on table %s of role %I', c.conname, c.conrelid::regclass,
                   pg_get_userbyid(o.relowner))
       from pg_trigger t
       join pg_constraint c on c.oid = t.tgconstraint and c.contype = 'f' and c.confrelid = t.tgrelid
       join pg_class o on o.oid = c.conrelid
      where p_event = 'delete' and t.tgrelid = p_table and t.tgisinternal
      order by c.conname limit 1));
end
$$;

comment on function bunkd.find_trigger(regclass, text) is
  'The first trigger or rule that a write (insert, update or delete) to a table would run, or the first foreign key '
  'that a delete would ask, in words; null where there is none. Only where the table is locked as the write locks it '
  'does that stay true.';
