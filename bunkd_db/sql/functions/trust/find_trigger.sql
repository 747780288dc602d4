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
      order by r.rulename limit 1));
end
$$;

comment on function bunkd.find_trigger(regclass, text) is
  'The first trigger or rule that a write (insert, update or delete) to a table would run, in words; null where there is none. Only where the table is locked as the write locks it does that stay true.';
