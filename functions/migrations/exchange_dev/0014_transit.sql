-- What each user's transit account must hold, from the transfers: money that the engine has not taken yet.
CREATE VIEW transit_expected AS
SELECT user_id, currency, amount FROM transfers WHERE amount > 0 AND status <> 'APPLIED';

GRANT SELECT ON transit_expected TO wallet_app, settlement_app;
