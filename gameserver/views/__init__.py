"""The API, one module for each part of it: functions from a request to a response."""
