-- the other schedules that make no calls because this database looks like a copy; one that is paused is not to call
select s.name,
       coalesce(bunkd.find_copy(s), 'it is not provisioned yet') as why,
       bunkd.write_opening(s) as opening
  from bunkd.schedule s
 where s.name <> %(schedule)s and bunkd.fence(s) is not null
   and not s.deployed ? 'retired'
   and not (s.paused and coalesce((to_jsonb(s) ->> 'paused_until')::timestamptz > clock_timestamp(), true))
 order by s.name
