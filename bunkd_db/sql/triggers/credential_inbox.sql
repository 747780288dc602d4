create or replace trigger store_credential instead of insert on bunkd.credential_inbox
  for each row execute function bunkd.store_credential();

comment on trigger store_credential on bunkd.credential_inbox is
  'Stores what comes through the door; see the function.';
