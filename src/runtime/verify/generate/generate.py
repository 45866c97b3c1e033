"""Makes tables with their rows, and views over them.

In: `hoist_vars["generated"]`. Out: `hoist_value`, the number of rows.
"""
from pyspark.sql import types as T

document = json.loads(hoist_vars["generated"])
# Rows go to the partitions that they name.
spark.conf.set("hive.exec.dynamic.partition.mode", "nonstrict")
FILES = 2  # of a table without partitions


def make_table(table):
    spark.sql(table["definition"])
    if table["rows"]:
        names = ["_%d" % number for number in range(len(table["values"]))]
        schema = T.StructType([T.StructField(name, T.StringType()) for name in names])
        texts = spark.createDataFrame([tuple(row) for row in table["rows"]], schema).coalesce(FILES)
        texts.selectExpr(*table["values"]).write.insertInto(table["quoted"])
    if table["empty_partition"] is not None:
        spark.sql("ALTER TABLE %s ADD IF NOT EXISTS PARTITION (%s)" % (table["quoted"], table["empty_partition"]))
    return len(table["rows"])


def make_view(view):
    """A view keeps the current database and the settings of the session that made it."""
    before = {}
    try:
        for key, value in view["settings"].items():
            try:
                old = spark.conf.get(key, None)
                spark.conf.set(key, value)
                before[key] = old
            except Exception:
                pass  # a setting that a session cannot change
        spark.sql("USE `%s`" % view["database"].split(".")[-1].replace("`", "``"))
        spark.sql(view["definition"])
    finally:
        for key, value in before.items():
            if value is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, value)


for database in document["databases"]:
    spark.sql("CREATE DATABASE IF NOT EXISTS `%s`" % database.replace("`", "``"))
hoist_value = 0
for table in document["tables"]:
    try:
        hoist_value += make_table(table)
    except Exception as error:
        text = getattr(error, "desc", None) or str(error)
        raise ValueError("`%s`: %s" % (table["name"], text.strip().split("\n")[0])) from error
waiting = document["views"]
while waiting:
    # Views on views: whatever fails is tried again after the others.
    failed = []
    for view in waiting:
        try:
            make_view(view)
        except Exception as error:
            failed.append((view, error))
    if len(failed) == len(waiting):
        raise failed[0][1]
    waiting = [view for view, _ in failed]
spark.sql("USE default")
