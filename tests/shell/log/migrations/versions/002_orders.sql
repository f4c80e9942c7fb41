-- add orders
-- revision: b2c3d4
-- down_revision: a1b2c3

-- migrate:up
CREATE TABLE orders(
  id INTEGER PRIMARY KEY,
  user_id INT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  total REAL
);
CREATE INDEX orders_by_user ON orders(user_id);
CREATE TRIGGER orders_total AFTER INSERT ON orders WHEN new.total IS NULL BEGIN
  UPDATE orders SET total = 0 WHERE id = new.id;
END;
INSERT INTO orders(user_id, total) VALUES(1, 9.5), (1, NULL), (2, 3);

-- migrate:down
DROP TABLE orders;
