-- A closed account's identity is sealed again when a new key has come; nothing else of the row changes.
GRANT UPDATE (identity_sealed) ON closed_accounts TO auth_app;
