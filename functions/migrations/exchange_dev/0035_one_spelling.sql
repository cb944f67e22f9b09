-- A transaction has one spelling: 64 lower-case hex digits, behind 0x on Ethereum. What was kept in another one takes it; where two spellings
-- of one output were both kept, the later row steps aside and, if its money was credited, a person decides about it.
CREATE TEMPORARY TABLE spelled ON COMMIT DROP AS
SELECT id, hash, row_number() OVER (PARTITION BY hash, output_index, address ORDER BY created_at, id) AS place
  FROM (
       SELECT id, output_index, address, created_at,
              CASE WHEN currency IN ('ETH', 'USDT') THEN '0x' ELSE '' END
              || regexp_replace(lower(btrim(tx_hash, E' \t\r\n')), '^0x', '') AS hash
         FROM blockchain_transactions
       ) known;

INSERT INTO reconciliation_items (id, source, source_key, reason, currency, amount, document)
SELECT chain.id, 'CHAIN', spelled.hash || ':' || chain.output_index || ':' || chain.address || ':' || spelled.place, 'CREDITED_TWICE',
       chain.currency, chain.amount,
       jsonb_build_object('deposit_id', chain.id, 'user_id', chain.user_id, 'tx_hash', chain.tx_hash, 'output_index', chain.output_index,
                          'address', chain.address)
  FROM blockchain_transactions chain JOIN spelled ON spelled.id = chain.id
 WHERE spelled.place > 1 AND chain.status IN ('CONFIRMED', 'CREDITED');

UPDATE blockchain_transactions chain SET tx_hash = 'duplicate:' || chain.id
  FROM spelled WHERE spelled.id = chain.id AND spelled.place > 1;

UPDATE blockchain_transactions chain SET tx_hash = spelled.hash
  FROM spelled WHERE spelled.id = chain.id AND spelled.place = 1 AND chain.tx_hash <> spelled.hash;

DROP TABLE spelled;

-- Whoever writes the next row must spell it so: a look-up under another spelling would find nothing and credit the money again.
CREATE FUNCTION refuse_other_spelling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.tx_hash !~ (CASE WHEN NEW.currency IN ('ETH', 'USDT') THEN '^0x[0-9a-f]{64}$' ELSE '^[0-9a-f]{64}$' END) THEN
        RAISE EXCEPTION 'the transaction % is not in its one spelling', NEW.tx_hash USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER blockchain_transactions_one_spelling BEFORE INSERT ON blockchain_transactions
    FOR EACH ROW EXECUTE FUNCTION refuse_other_spelling();

-- A bank's transaction id is kept in upper case without blanks. What the bank says may be longer than it should be; it is kept all the same.
ALTER TABLE bank_transfers ALTER COLUMN reference TYPE varchar(500), ALTER COLUMN sender_iban TYPE varchar(500),
    ALTER COLUMN sender_name TYPE varchar(500);

CREATE TEMPORARY TABLE spelled ON COMMIT DROP AS
SELECT transaction_id, key, row_number() OVER (PARTITION BY key ORDER BY (transaction_id = key) DESC, received_at, transaction_id) AS place
  FROM (SELECT transaction_id, received_at, upper(translate(regexp_replace(transaction_id, '\s+', '', 'g'), 'İıi', 'III')) AS key
          FROM bank_transfers) known;

UPDATE reconciliation_items item SET source_key = spelled.key
  FROM spelled
 WHERE item.source = 'BANK' AND item.source_key = spelled.transaction_id AND spelled.place = 1 AND spelled.transaction_id <> spelled.key;

UPDATE bank_transfers transfer SET transaction_id = spelled.key
  FROM spelled
 WHERE spelled.transaction_id = transfer.transaction_id AND spelled.place = 1 AND spelled.transaction_id <> spelled.key;

DROP TABLE spelled;
