-- Two tabs that refresh at once go on side by side: a family may have more than one live row.
-- ``parent_id``: the row whose token was shown for this one; a row of before has none.
ALTER TABLE sessions ADD COLUMN parent_id uuid;
DROP INDEX sessions_one_live_per_family;
CREATE INDEX sessions_family_id ON sessions (family_id);
CREATE INDEX sessions_parent_id ON sessions (parent_id) WHERE parent_id IS NOT NULL;

-- Keys stop working with the password under which they were made; their owner resumes them.
ALTER TABLE api_keys ADD COLUMN suspended_at timestamptz;
