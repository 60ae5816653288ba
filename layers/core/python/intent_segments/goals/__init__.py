"""The domain of goals: rules, target groups, buckets and progress. No AWS, no clock, no HTTP."""
