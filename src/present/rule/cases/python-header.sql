---- found: a word that is none
-- 1.py
# hoist: touches sales.orders
print(1)

---- found: a list without a word
-- 1.py
# hoist: sales.orders, sales.daily
print(1)

---- not found: all parts
-- 1.py
# hoist: reads sales.orders; writes sales.daily; views latest
print(1)

---- not found: a comment about hoist
-- 1.py
# hoisted by hand
spark.table("sales.orders").show()
