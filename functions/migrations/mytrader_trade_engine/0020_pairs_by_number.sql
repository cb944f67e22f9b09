-- A user's pairs of orders (OCO) are listed by number; they are few among all orders.
CREATE INDEX orders_user_id_pairs ON orders (user_id, number) WHERE oco_number IS NOT NULL;
