-- over bunkd.last_tick t: what is a week old may be some minutes older, and more looks than this would be in vain
(t.pruned_at is not null and t.pruned_at between clock_timestamp() - interval '10 minutes' and clock_timestamp())
