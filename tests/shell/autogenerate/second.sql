CREATE TABLE users(
  id INTEGER PRIMARY KEY,
  full_name TEXT NOT NULL, -- migrate:renamed_from name
  age INT
);
CREATE UNIQUE INDEX users_name ON users(full_name);
CREATE TABLE orders(
  id INTEGER PRIMARY KEY,
  user_id INT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  total REAL DEFAULT 0 CHECK (total >= 0)
);
CREATE VIEW spent AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
