"""The wire: models shared by client and local service, the HTTP client, its errors."""
