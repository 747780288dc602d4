select s.name, bunkd.report_schedule(s.name) as report from bunkd.schedule s
