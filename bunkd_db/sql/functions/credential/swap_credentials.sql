create or replace function bunkd.swap_credentials(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  -- assignments: as statements they would have the credential for a parameter
  v_current text := bunkd.read_credential(p_schedule, 'current');
  v_next text := bunkd.read_credential(p_schedule, 'next');
  v_kind text := bunkd.credential_kind(v_next);
  v_kind_next text := bunkd.credential_kind(v_current);
  v_store text;
  v_store_next text;
begin
  v_store := bunkd.keep_secret(p_schedule, 'current', v_next);
  v_store_next := bunkd.keep_secret(p_schedule, 'next', v_current);
  -- salt and digest stay: they are of what the last deploy brought
  update bunkd.credential c set kind = v_kind, store = v_store, set_at = clock_timestamp()
   where c.schedule = p_schedule and c.place = 'current';
  update bunkd.credential c set kind = v_kind_next, store = v_store_next, set_at = clock_timestamp()
   where c.schedule = p_schedule and c.place = 'next';
  -- failures of before do not count against what is sent from now on
  update bunkd.schedule s set endpoint_since = clock_timestamp() where s.name = p_schedule;
end
$$;

comment on function bunkd.swap_credentials(text) is
  'Makes the next credential of a schedule the current one, and the reverse. Neither leaves the database.';
