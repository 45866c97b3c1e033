"""Facts of tables without a job over data: from the catalog, an analysis of the bare name, and file listings.

In: `hoist_vars["names"]`, a JSON list of canonical names. Out: `hoist_value`. What fails for one table is said in its
entry and stops nothing.
"""
import time

FILE_LIMIT = 10000  # files counted per table before its size is left unknown
TABLE_SECONDS = 5.0  # time spent on one table's files
TOTAL_SECONDS = 60.0  # time spent on all files

sc = spark.sparkContext
jvm = sc._jvm
catalog = spark._jsparkSession.sessionState().catalog()
started = time.monotonic()


def option(value):
    return value.get() if value.isDefined() else None


def plain_uri(uri):
    """One spelling per location: `file:/a`, never `file:///a/`."""
    uri = uri.normalize()
    scheme = uri.getScheme() + ":" if uri.getScheme() else ""
    authority = "//" + uri.getAuthority() if uri.getAuthority() else ""
    return scheme + authority + uri.getRawPath().rstrip("/")


def files_size(location):
    """Bytes of the files under a location, those that Spark skips left out; None where they are too many."""
    path = jvm.org.apache.hadoop.fs.Path(jvm.java.net.URI(location))
    system = path.getFileSystem(sc._jsc.hadoopConfiguration())
    if not system.exists(path):
        return 0
    root = system.makeQualified(path).toUri().getPath().rstrip("/") + "/"
    deadline = min(time.monotonic() + TABLE_SECONDS, started + TOTAL_SECONDS)
    files = system.listFiles(path, True)
    size = count = 0
    while files.hasNext():
        count += 1
        if count > FILE_LIMIT or time.monotonic() > deadline:
            return None
        status = files.next()
        parts = status.getPath().toUri().getPath()[len(root):].split("/")
        if not any(part.startswith((".", "_")) and "=" not in part for part in parts):
            size += status.getLen()
    return size


def column(field):
    # Spark reads CHAR and VARCHAR as strings; the declared type is kept aside.
    declared = field.metadata.get("__CHAR_VARCHAR_TYPE_STRING")
    return {
        "name": field.name,
        "type": declared or field.dataType.simpleString(),
        "nullable": field.nullable,
    }


def rows_depend_on_columns(provider, properties, columns):
    """Whether malformed text shows in which rows and values are read, which then depend on the columns asked for."""
    if not any(kind in provider for kind in ("csv", "json", "xml")):
        return False
    options = {}
    pairs = properties.iterator()
    while pairs.hasNext():
        pair = pairs.next()
        options[pair._1().lower()] = pair._2()
    default = spark.conf.get("spark.sql.columnNameOfCorruptRecord", "_corrupt_record")
    corrupt = {"_corrupt_record", options.get("columnnameofcorruptrecord", default).lower()}
    permissive = options.get("mode", "PERMISSIVE").upper() == "PERMISSIVE"
    return not permissive or any(column["name"].lower() in corrupt for column in columns)


def facts(name):
    parts = name.split(".")
    if len(parts) == 3 and parts[0] == "spark_catalog":
        parts = parts[1:]
    if len(parts) > 2:
        return {"problem": "it lies in another catalog than `spark_catalog`"}
    database = parts[0] if len(parts) == 2 else catalog.getCurrentDatabase()
    table = parts[-1]
    identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(table, jvm.scala.Option.apply(database))
    if database == "global_temp":
        exists = catalog.getGlobalTempView(table).isDefined()
    else:
        exists = catalog.databaseExists(database) and catalog.tableExists(identifier)
    if not exists:
        return {"kind": "missing"}
    meta = catalog.getTableMetadata(identifier)
    kind = {"MANAGED": "managed", "EXTERNAL": "external", "VIEW": "view"}.get(meta.tableType().name())
    if kind is None:
        return {"problem": "its kind `%s` is not known" % meta.tableType().name()}
    entry = {
        "kind": kind,
        "provider": None,
        "location": None,
        "columns": [],
        "partition_columns": [],
        "size_bytes": None,
        "rows": None,
    }
    quoted = "`%s`.`%s`" % (database.replace("`", "``"), table.replace("`", "``"))
    entry["columns"] = [column(field) for field in spark.table(quoted).schema.fields]
    if kind == "view":
        return entry
    provider = option(meta.provider())
    entry["provider"] = provider.lower() if provider else None
    entry["rows_depend_on_columns"] = rows_depend_on_columns(
        entry["provider"] or "", meta.storage().properties(), entry["columns"]
    )
    names = meta.partitionColumnNames()
    entry["partition_columns"] = [names.apply(i) for i in range(names.size())]
    uri = option(meta.storage().locationUri())
    entry["location"] = plain_uri(uri) if uri is not None else None
    stats = option(meta.stats())
    if stats is not None:
        entry["rows"] = option(stats.rowCount())
        if entry["rows"] is not None:
            entry["rows"] = int(str(entry["rows"]))
        entry["size_bytes"] = int(str(stats.sizeInBytes()))
    if not entry["size_bytes"] and entry["location"]:
        try:
            entry["size_bytes"] = files_size(entry["location"])
        except Exception as error:
            entry["size_bytes"] = None
            entry["size_problem"] = str(error).strip().split("\n")[0]
    return entry


hoist_value = {"spark_version": spark.version, "tables": {}}
for name in json.loads(hoist_vars["names"]):
    try:
        hoist_value["tables"][name] = facts(name)
    except Exception as error:
        text = getattr(error, "desc", None) or str(error)
        hoist_value["tables"][name] = {"problem": text.strip().split("\n")[0]}
