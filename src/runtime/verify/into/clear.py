"""Removes what a run left in the database that its writes were led to.

In: `hoist_vars["database"]`, `hoist_vars["tables"]` (a JSON list of `database.table`, the only ones touched),
`hoist_vars["folder"]` (removed with everything in it), `hoist_vars["drop"]` (`true`: the database was made for the run).
Out: `hoist_value`, the names of the tables and views removed.
"""
jvm = spark.sparkContext._jvm
catalog = spark._jsparkSession.sessionState().catalog()
hoist_value = []


def quote(name):
    return "`%s`" % name.replace("`", "``")


for name in json.loads(hoist_vars["tables"]):
    database, table = name.split(".", 1)
    identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(table, jvm.scala.Option.apply(database))
    if not catalog.databaseExists(database) or not catalog.tableExists(identifier):
        continue
    kind = catalog.getTableMetadata(identifier).tableType().name()
    spark.sql("DROP %s IF EXISTS %s.%s" % ("VIEW" if kind == "VIEW" else "TABLE", quote(database), quote(table)))
    hoist_value.append(name)

folder = jvm.org.apache.hadoop.fs.Path(hoist_vars["folder"])
folder.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).delete(folder, True)
if hoist_vars["drop"] == "true":
    # Not CASCADE: what somebody else has put into it stays.
    spark.sql("DROP DATABASE IF EXISTS " + quote(hoist_vars["database"]))
