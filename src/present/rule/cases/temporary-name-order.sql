---- found: a view over nothing
CREATE TEMP VIEW v AS SELECT 1 AS a;
SELECT a FROM v;
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders;
SELECT id FROM v

---- found: two readers of the first
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders;
INSERT INTO x.a SELECT id FROM v;
SELECT id FROM v;
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.returns;
INSERT INTO x.b SELECT id FROM v

---- not found: nobody reads the second
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders;
SELECT id FROM v;
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.returns

---- not found: nobody has read the first
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders;
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.returns;
SELECT id FROM v

---- not found: each file makes the same view
-- 1.sql
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders;
INSERT OVERWRITE x.a SELECT id FROM v
-- 2.sql
CREATE OR REPLACE TEMP VIEW v AS
select id from sales.orders;
INSERT OVERWRITE x.b SELECT id FROM v

---- not found: the second needs what came of the first
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders;
INSERT OVERWRITE x.a SELECT id FROM v;
CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM x.a;
INSERT OVERWRITE x.b SELECT id FROM v
