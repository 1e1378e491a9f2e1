"""What every view of the REST interface shares: who asks, pages, conditions, problems, and the OpenAPI schema."""
