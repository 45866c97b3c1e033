"""What a pipeline finds when it starts: definitions of databases, tables and views, and where their files lie.

In: `hoist_vars["names"]`, a JSON list of canonical names; `hoist_vars["into"]`, where it is given, a database of which
existence, place and tables are told. Out: `hoist_value`. Tables that named views depend on are added. Nothing is
changed and no job runs over data. Runs after the text `collect/session.py`.
"""


def state(name):
    database, table = name.split(".", 1)
    identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(table, jvm.scala.Option.apply(database))
    if not catalog.databaseExists(database) or not catalog.tableExists(identifier):
        return None, set()
    quoted = quote(database, table)
    meta = catalog.getTableMetadata(identifier)
    kind = meta.tableType().name().lower()
    provider = option(meta.provider())
    suffix = " AS SERDE" if kind != "view" and provider == "hive" else ""
    entry = {
        "name": name,
        "quoted": quoted,
        "kind": kind,
        "definition": spark.sql("SHOW CREATE TABLE " + quoted + suffix).first()[0],
    }
    if kind == "view":
        entry["settings"] = to_dict(meta.viewSQLConfigs())
        parts = to_list(meta.viewCatalogAndNamespace())
        entry["database"] = parts[-1] if len(parts) == 2 else database
        below = depends_on(quoted) - {name}
        entry["depends"] = sorted(below)
        return entry, below
    entry["location"] = meta.location().toString().rstrip("/")
    # As SQL text has it: not percent-encoded.
    entry["location_text"] = jvm.org.apache.hadoop.fs.Path(meta.location()).toString()
    entry["partitions"] = None
    if meta.partitionColumnNames().size() > 0:
        entry["partitions"] = sorted(row[0] for row in spark.sql("SHOW PARTITIONS " + quoted).collect())
    return entry, set()


def database(name):
    exists = catalog.databaseExists(name)
    uri = catalog.getDatabaseMetadata(name).locationUri() if exists else catalog.getDefaultDBPath(name)
    listed = spark.sql("SHOW TABLES IN `%s`" % name.replace("`", "``")).collect() if exists else []
    return {
        "name": name,
        "exists": exists,
        # As SQL text has it: not percent-encoded.
        "location": jvm.org.apache.hadoop.fs.Path(uri).toString().rstrip("/"),
        "tables": sorted(row["tableName"] for row in listed if not row["isTemporary"]),
    }


hoist_value = {
    "current": catalog.getCurrentDatabase(),
    "databases": sorted(row[0] for row in spark.sql("SHOW DATABASES").collect()),
    "tables": [],
    "views": [],
    "into": database(hoist_vars["into"]) if "into" in hoist_vars else None,
}
waiting = sorted(set(json.loads(hoist_vars["names"])))
seen = set(waiting)
while waiting:
    name = waiting.pop(0)
    if name.startswith("spark_catalog."):
        name = name[len("spark_catalog."):]
    if name.count(".") != 1 or name.startswith("global_temp."):
        continue
    entry, found = state(name)
    if entry is not None:
        hoist_value["views" if entry["kind"] == "view" else "tables"].append(entry)
    waiting.extend(sorted(found - seen))
    seen |= found
