-- A user may take an announced transfer back. Money that comes all the same waits for people, as it does for an expired one.
ALTER TABLE deposit_requests DROP CONSTRAINT deposit_requests_status_check;
ALTER TABLE deposit_requests ADD CONSTRAINT deposit_requests_status_check
    CHECK (status IN ('PENDING', 'APPROVED', 'COMPLETED', 'REJECTED', 'EXPIRED', 'CANCELLED'));
