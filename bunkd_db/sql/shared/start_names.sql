-- what a column is called that says when a row was claimed
('started_at', 'claimed_at', 'startedAt', 'claimedAt')
