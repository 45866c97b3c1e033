---- found: a name that is computed
-- 1.py
import sys
spark.table(sys.argv[1]).show()

---- found: a module that is not seen
-- 1.py
from lake import load
load(spark)

---- not found: all of it is seen
-- 1.py
df = spark.table("sales.orders")
df.write.mode("overwrite").saveAsTable("sales.daily")

---- not found: it is declared
-- 1.py
# hoist: reads sales.orders; writes sales.daily
from lake import load
load(spark)
