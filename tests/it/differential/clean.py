"""Makes the session as new. In: `hoist_vars["folders"]`, a JSON list of folders to empty."""
import os
import shutil
import sys

sc = spark.sparkContext
state = spark._jsparkSession.sessionState()
base = getattr(spark, "_hoist_base", None)
if base is None:
    base = spark._hoist_base = {
        "conf": {pair[0]: pair[1] for pair in sc.getConf().getAll()},
        "names": set(sys.modules["__main__"].__dict__),
    }

spark.catalog.clearCache()
state.catalogManager().reset()  # the current catalog
# Everything of the catalog, temporary views and functions included; the current database is `default` again.
state.catalog().reset()
spark.sql("RESET")
names = sys.modules["__main__"].__dict__
for name in set(names) - base["names"]:
    del names[name]
for rdd in list(sc._jsc.getPersistentRDDs().values()):
    rdd.unpersist(True)

warehouse = spark.conf.get("spark.sql.warehouse.dir")
folders = json.loads(hoist_vars["folders"]) + [warehouse.split(":", 1)[1]]
for folder in folders:
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
assert [row[0] for row in spark.sql("SHOW DATABASES").collect()] == ["default"]
assert spark.catalog.listTables() == []
hoist_value = None
