"""What a public page shows of a document: pure shaping of objects already read. No queries."""
