-- The application's public keys, as a JWK Set (RFC 7517 §5).
ALTER TABLE clients ADD COLUMN jwks TEXT;
-- Key management and content encryption, separated by a space; what stands nowhere is not encrypted.
ALTER TABLE clients ADD COLUMN id_token_encryption TEXT;
ALTER TABLE clients ADD COLUMN userinfo_encryption TEXT;
