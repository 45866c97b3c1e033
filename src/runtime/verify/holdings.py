"""What a session and its catalog hold. Out: `hoist_value`, lists of names.

In: `hoist_vars["databases"]`, where it is given: a JSON list of the only databases to look into.
"""
sc = spark.sparkContext

databases = sorted(row[0] for row in spark.sql("SHOW DATABASES").collect())
if "databases" in hoist_vars:
    databases = [name for name in databases if name in json.loads(hoist_vars["databases"])]
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
functions = set()
for row in spark.sql("SHOW USER FUNCTIONS").collect():
    if "." not in row[0]:
        functions.add(row[0])
settings = {}
for key, value in spark.sql("SET").collect():
    # What SQL can set. Everything else belongs to the application, and so does the place of its warehouse.
    if (key.startswith("spark.sql.") or not key.startswith("spark.")) and key != "spark.sql.warehouse.dir":
        settings[key] = value
hoist_value = {
    "current_database": spark.catalog.currentDatabase(),
    "functions": sorted(functions),
    "settings": settings,
    "databases": databases,
    "tables": sorted(tables),
    "temporary_views": sorted(views),
    "cached": sc._jsc.sc().getPersistentRDDs().size(),
}
