-- Whoever is not in this group of people gets no token for the client, or with the scope.
ALTER TABLE clients ADD COLUMN required_group TEXT;
ALTER TABLE scopes ADD COLUMN required_group TEXT;
