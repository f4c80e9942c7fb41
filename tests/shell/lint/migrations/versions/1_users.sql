-- users
-- revision: a1

-- migrate:up
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age TEXT);
CREATE TABLE posts(id INTEGER PRIMARY KEY, author INTEGER REFERENCES users(id) ON DELETE CASCADE);

-- migrate:down
DROP TABLE posts;
DROP TABLE users;
