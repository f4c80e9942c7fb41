-- hazard 132: utf16-database
-- category: D
-- bites: in a UTF-16 database the offsets of the stored text are no UTF-8 offsets
-- right: works, the text intact
PRAGMA encoding='UTF-16le';
CREATE TABLE "größe"("id" INTEGER PRIMARY KEY, "naïve" TEXT DEFAULT '日本語' CHECK("naïve" <> 'ß'), v TEXT /* später */, "ключ" TEXT);
CREATE INDEX "индекс" ON "größe"("ключ"); INSERT INTO "größe"(id,v,"ключ") VALUES(1,'5','да');
-- alter: ALTER TABLE "größe" ALTER COLUMN v TYPE INTEGER, ALTER COLUMN "ключ" SET NOT NULL
-- outcome: ok
-- expect: SELECT "naïve",v,typeof(v),"ключ" FROM "größe" => 日本語|5|integer|да
-- expect: PRAGMA encoding => UTF-16le
-- then-error: INSERT INTO "größe"(id,"naïve","ключ") VALUES(2,'ß','x')
-- then-error: INSERT INTO "größe"(id) VALUES(2)
-- expect: SELECT sql LIKE '%/* später */%' FROM sqlite_schema WHERE type='table' => 1
-- expect: SELECT id FROM "größe" INDEXED BY "индекс" WHERE "ключ"='да' => 1
