create or replace view bunkd.obstacles as
select s.name as schedule,
       o.rank,
       o.code,
       o.detail,
       o.remedy,
       o.commands
  from bunkd.schedule s
  cross join lateral bunkd.find_obstacles(s.name) with ordinality as o (code, detail, remedy, commands, rank);

comment on view bunkd.obstacles is
  'What keeps a schedule''s calls from being made, see bunkd.find_obstacles: rank 1 stands most in the way.';
