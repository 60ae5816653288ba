"""What the account remembers: one DynamoDB table, JSON documents in S3, events on the bus."""
