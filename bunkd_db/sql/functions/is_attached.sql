create or replace function bunkd.is_attached(p_schedule bunkd.schedule) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where t.tgfoid = 'bunkd.arm'::regproc and t.tgname = 'bunkd_insert_' || p_schedule.name and t.tgenabled = 'O');
end
$$;

comment on function bunkd.is_attached(bunkd.schedule) is 'Whether a write to the queue causes a wake.';
