-- Run by SQLite's shell before each request, on an empty database in memory: prints the head of the
-- answer, and makes the tables that the statements in the request's body then ask. What those change is gone
-- with the request.
.bail on
.print "Content-Type: application/json\n"
.mode json

CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL, stock INTEGER NOT NULL);
INSERT INTO item (name, price, stock) VALUES
  ('anchor', 18900, 4), ('buoy', 3450, 31), ('compass', 7200, 12), ('oar', 4100, 26), ('rope', 95, 800);
