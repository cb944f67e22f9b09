-- Nobody takes money out for a day after what opens an account was changed. Auth writes it with the change, the wallet reads it.
ALTER TABLE users
    ADD COLUMN withdrawals_held_until  timestamptz,
    ADD COLUMN withdrawals_held_reason text CHECK (withdrawals_held_reason IN (
        'PASSWORD_RESET', 'PASSWORD_CHANGED', 'SECOND_FACTOR_ENABLED', 'SECOND_FACTOR_DISABLED', 'BACKUP_CODES_REPLACED', 'EMAIL_CHANGED')),
    ADD CONSTRAINT users_withdrawal_hold_has_a_reason CHECK ((withdrawals_held_until IS NULL) = (withdrawals_held_reason IS NULL));

GRANT SELECT (withdrawals_held_until, withdrawals_held_reason) ON users TO wallet_app;

-- No route changes an address; an operator may, in the database. Then there is no code that could hold the withdrawals, so the table does.
CREATE FUNCTION hold_withdrawals_after_a_new_email() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.withdrawals_held_until := greatest(NEW.withdrawals_held_until, now() + interval '24 hours');
    NEW.withdrawals_held_reason := 'EMAIL_CHANGED';
    RETURN NEW;
END
$$;

CREATE TRIGGER users_new_email_holds_withdrawals BEFORE UPDATE OF email ON users
    FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION hold_withdrawals_after_a_new_email();
