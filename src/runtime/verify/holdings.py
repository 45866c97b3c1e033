"""What a session and its catalog hold. Out: `hoist_value`, lists of names."""
sc = spark.sparkContext

databases = sorted(row[0] for row in spark.sql("SHOW DATABASES").collect())
tables = set()
views = set()
for database in databases:
    for row in spark.sql("SHOW TABLES IN `%s`" % database.replace("`", "``")).collect():
        if row["isTemporary"]:
            views.add(row["tableName"])
        else:
            tables.add((database + "." + row["tableName"]).lower())
for row in spark.sql("SHOW VIEWS IN global_temp").collect():
    if row["isTemporary"]:
        views.add(row["viewName"])
hoist_value = {
    "databases": databases,
    "tables": sorted(tables),
    "temporary_views": sorted(views),
    "cached": sc._jsc.sc().getPersistentRDDs().size(),
}
