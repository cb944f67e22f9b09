-- A change that the engine was asked for and did not answer in time: it may have been carried out, or may still be. NOT VALID: the rows that are
-- there met a narrower rule, so nobody waits until they have been read again.
ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_result_check,
    ADD CONSTRAINT audit_logs_result_check CHECK (result IN ('SUCCESS', 'FAILURE', 'UNKNOWN')) NOT VALID;
