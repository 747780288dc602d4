create or replace view bunkd.history as
select c.id as change, c.at, c.schedule, c.what, c.origin, c.role, c.actor, c.before, c.after, c.why
  from bunkd.change c;

comment on view bunkd.history is
  'Who changed what, when, from what, to what, and why. One row a change, the newest 1,000 of each schedule; never a '
  'secret.';
