"""The servers, endpoint and queue that the tests and the demo share; nothing here needs pytest."""
