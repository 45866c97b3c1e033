---- found: a read that is not declared
-- 1.py
# hoist: writes sales.daily
spark.sql("INSERT INTO sales.daily SELECT id, day FROM sales.returns")

---- found: a write that is not declared
-- 1.py
# hoist: reads sales.orders
spark.table("sales.orders").write.insertInto("sales.daily")

---- not found: more is declared than seen
-- 1.py
# hoist: reads sales.orders, sales.returns; writes sales.daily
spark.table("sales.orders").write.insertInto("sales.daily")

---- not found: nothing is declared
-- 1.py
spark.table("sales.orders").write.insertInto("sales.daily")

---- not found: another spelling
-- 1.py
# hoist: reads Sales.ORDERS; writes `sales`.`daily`
spark.table("sales.orders").write.insertInto("sales.daily")
