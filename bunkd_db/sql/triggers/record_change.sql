create or replace trigger record_change after insert or update on bunkd.schedule
  for each row execute function bunkd.record_schedule_change();

comment on trigger record_change on bunkd.schedule is 'Records what is changed, by whomever; see the function.';

create or replace trigger record_change after insert or update or delete on bunkd.credential
  for each row execute function bunkd.record_credential_change();

comment on trigger record_change on bunkd.credential is 'Records what is changed, by whomever; see the function.';
