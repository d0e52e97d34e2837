-- What an application may learn of a person, and on which way.

-- Separated by commas, beside code, which follows from the grant authorization_code.
ALTER TABLE clients ADD COLUMN response_types TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN subject_type TEXT NOT NULL DEFAULT 'public' CHECK (subject_type IN ('public', 'pairwise'));
ALTER TABLE clients ADD COLUMN sector_identifier_uri TEXT;
-- UserInfo is plain JSON where nothing stands here.
ALTER TABLE clients ADD COLUMN userinfo_alg TEXT CHECK (userinfo_alg IN ('RS256', 'PS256', 'ES256', 'EdDSA'));

-- Claims that were asked for by their names, as JSON (OpenID Connect Core §5.5).
ALTER TABLE codes ADD COLUMN claims TEXT;
ALTER TABLE grants ADD COLUMN claims TEXT;
-- The names of those that a person has allowed beside the scopes.
ALTER TABLE consents ADD COLUMN claims TEXT NOT NULL DEFAULT '';
