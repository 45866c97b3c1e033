"""Scratch databases of other runs in the session's catalog: drops those of dead runs, and names the others. Folders of
such databases at `hoist_vars["place"]`, where it is given, are named if no database of this catalog has them."""
import json

dead = set(json.loads(hoist_vars["dead"]))
hadoop = sc._jsc.hadoopConfiguration()
metastore = hadoop.get("javax.jdo.option.ConnectionURL") or ""
# A catalog in memory, and a Derby database within this process, are this session's alone.
alone = spark.conf.get("spark.sql.catalogImplementation") == "in-memory" or (
    not (hadoop.get("hive.metastore.uris") or "").strip()
    and metastore.startswith("jdbc:derby:")
    and not metastore.startswith("jdbc:derby://")
)
RUN = "hoist_[0-9a-f]{8}"
removed, left, folders = [], [], []
for name in sorted(to_list(catalog.listDatabases("hoist_*"))):
    if not re.fullmatch(RUN, name):
        continue
    # Set by the run that made the database: no name alone is reason enough to drop anything.
    if option(catalog.getDatabaseMetadata(name).properties().get("hoist.frames")) != name:
        continue
    if alone or name in dead:
        spark.sql("DROP DATABASE IF EXISTS spark_catalog.`%s` CASCADE" % name)
        removed.append(name)
    else:
        left.append(name)
if "place" in hoist_vars:
    place = jvm.org.apache.hadoop.fs.Path(hoist_vars["place"])
    system = place.getFileSystem(hadoop)
    for status in system.listStatus(place) if system.exists(place) else []:
        name = status.getPath().getName()
        if status.isDirectory() and re.fullmatch(RUN, name) and name not in left:
            folders.append(status.getPath().toString())
hoist_value = {"removed": removed, "left": left, "folders": sorted(folders)}
