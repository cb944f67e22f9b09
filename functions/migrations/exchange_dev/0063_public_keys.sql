-- A key's owner may sign with a key of their own (Ed25519 or RSA, in PEM); the secret of such a key is known to nobody.
ALTER TABLE api_keys ADD COLUMN public_key text CHECK (length(public_key) <= 2000);
