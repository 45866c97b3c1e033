"""Rebuilds a state (see state.py) in an empty catalog of its own, or in an empty database.

In: `hoist_vars["state"]`, `hoist_vars["copied"]` (a JSON list of the tables that get files of their own; the others read
the original files), `hoist_vars["emptied"]` (those of the copied that stay without rows), `hoist_vars["folder"]` (for
copies of tables that do not belong to the catalog).
Out: `hoist_value`, the names of the tables and views made.
"""
import re

sc = spark.sparkContext
jvm = sc._jvm
configuration = sc._jsc.hadoopConfiguration()
catalog = spark._jsparkSession.sessionState().catalog()
state = json.loads(hoist_vars["state"])
copied = set(json.loads(hoist_vars["copied"]))
emptied = set(json.loads(hoist_vars["emptied"]))
LOCATION = re.compile(r"^LOCATION\s*\n?\s*'(?:[^'\\]|\\.)*'\s*$", re.MULTILINE)


def path_of(uri):
    return jvm.org.apache.hadoop.fs.Path(jvm.java.net.URI(uri))


def text(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def copy_files(source, target):
    source, target = path_of(source), path_of(target)
    source_system = source.getFileSystem(configuration)
    target_system = target.getFileSystem(configuration)
    target_system.mkdirs(target)
    if not source_system.exists(source):
        return
    for status in source_system.listStatus(source):
        child = status.getPath()
        if child.getName().startswith((".spark-staging", ".hive-staging", "_temporary")):
            continue
        made = jvm.org.apache.hadoop.fs.Path(target, child.getName())
        jvm.org.apache.hadoop.fs.FileUtil.copy(source_system, child, target_system, made, False, configuration)


def make_table(entry):
    definition = LOCATION.sub("", entry["definition"])
    copy = entry["name"] in copied
    own = copy and entry["kind"] == "managed"
    if not own:
        location = hoist_vars["folder"] + "/" + entry["name"] if copy else entry["location_text"]
        definition += "\nLOCATION " + text(location)
    spark.sql(definition)
    database, table = entry["name"].split(".", 1)
    identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(table, jvm.scala.Option.apply(database))
    location = catalog.getTableMetadata(identifier).location()
    original = jvm.java.net.URI(entry["location"])
    same = location.getPath().rstrip("/") == original.getPath().rstrip("/")
    if same == copy:
        # Never run on an empty table that should be full, nor write where the original lies.
        raise ValueError("`%s` was prepared at `%s`" % (entry["name"], location.toString()))
    if entry["name"] in emptied:
        return
    if copy:
        copy_files(entry["location"], location.toString())
    if entry["partitions"] is not None:
        if entry["partitions"]:
            spark.sql("MSCK REPAIR TABLE " + entry["quoted"])
        found = sorted(row[0] for row in spark.sql("SHOW PARTITIONS " + entry["quoted"]).collect())
        if found != entry["partitions"]:
            raise ValueError(
                "the partitions of `%s` do not lie where its location says, so it cannot be prepared" % entry["name"]
            )


def make_view(entry):
    """A view keeps the current database and the settings of the session that made it."""
    before = {}
    try:
        for key, value in entry["settings"].items():
            try:
                old = spark.conf.get(key, None)
                spark.conf.set(key, value)
                before[key] = old
            except Exception:
                pass  # a setting that a session cannot change is the same in both runs
        spark.sql("USE `%s`" % entry["database"].replace("`", "``"))
        spark.sql(entry["definition"])
    finally:
        for key, value in before.items():
            if value is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, value)


for database in state["databases"]:
    spark.sql("CREATE DATABASE IF NOT EXISTS `%s`" % database.replace("`", "``"))
for entry in state["tables"]:
    make_table(entry)
waiting = state["views"]
while waiting:
    # Views on views: whatever fails is tried again after the others.
    failed = []
    for entry in waiting:
        try:
            make_view(entry)
        except Exception as error:
            failed.append((entry, error))
    if len(failed) == len(waiting):
        raise failed[0][1]
    waiting = [entry for entry, _ in failed]
spark.sql("USE `%s`" % state["current"].replace("`", "``"))
hoist_value = [entry["name"] for entry in state["tables"] + state["views"]]
