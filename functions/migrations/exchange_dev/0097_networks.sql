-- A currency may live on several networks. Rows of before, and those that an earlier version of a function still writes while a later one is deployed, are
-- of the one that their currency had.
CREATE FUNCTION first_network(of_currency text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE of_currency WHEN 'BTC' THEN 'BITCOIN' WHEN 'ETH' THEN 'ETHEREUM' WHEN 'USDT' THEN 'ERC20' END
$$;

CREATE FUNCTION name_the_network() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.network := coalesce(NEW.network, first_network(NEW.currency));
    RETURN NEW;
END
$$;

ALTER TABLE crypto_addresses ADD COLUMN network text;
UPDATE crypto_addresses SET network = first_network(currency);
ALTER TABLE crypto_addresses ALTER COLUMN network SET NOT NULL;

ALTER TABLE blockchain_transactions ADD COLUMN network text;
UPDATE blockchain_transactions SET network = first_network(currency);
ALTER TABLE blockchain_transactions ALTER COLUMN network SET NOT NULL;

CREATE TRIGGER crypto_addresses_network BEFORE INSERT ON crypto_addresses FOR EACH ROW EXECUTE FUNCTION name_the_network();
-- Triggers run in the order of their names: this one before the one that asks for the spelling of the network.
CREATE TRIGGER blockchain_transactions_network BEFORE INSERT ON blockchain_transactions FOR EACH ROW EXECUTE FUNCTION name_the_network();

-- One address in use for each user, currency and network.
DROP INDEX crypto_addresses_one_active;
CREATE UNIQUE INDEX crypto_addresses_one_active ON crypto_addresses (user_id, currency, network) WHERE is_active;

-- Tron's sequence of addresses.
INSERT INTO address_indexes (coin_type) VALUES (195);

-- The hash of a transaction stands behind 0x on Ethereum alone.
CREATE OR REPLACE FUNCTION refuse_other_spelling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.tx_hash !~ (CASE WHEN NEW.network IN ('ETHEREUM', 'ERC20') THEN '^0x[0-9a-f]{64}$' ELSE '^[0-9a-f]{64}$' END) THEN
        RAISE EXCEPTION 'the transaction % is not in its one spelling', NEW.tx_hash USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- A named address belongs to a network.
DROP INDEX whitelisted_addresses_once;
CREATE UNIQUE INDEX whitelisted_addresses_once ON whitelisted_addresses (user_id, currency, network, address) WHERE deleted_at IS NULL;

-- What this platform has the account keys for: the wallet writes it down every minute, the gateway shows it.
CREATE TABLE offered_networks (
    currency varchar(10) NOT NULL,
    network  text        NOT NULL,
    PRIMARY KEY (currency, network)
);

GRANT SELECT, INSERT, DELETE ON offered_networks TO wallet_app;
GRANT SELECT ON offered_networks TO wallet_readonly;
GRANT SELECT (network) ON blockchain_transactions TO wallet_readonly;
GRANT SELECT (network) ON crypto_addresses TO wallet_readonly;
