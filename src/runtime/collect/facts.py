"""Facts of tables without a job over data: from the catalog, an analysis of the bare name, and file listings.

In: `hoist_vars["names"]`, a JSON list of canonical names; `hoist_vars["settings"]`, a JSON list of keys;
`hoist_vars["families"]`, a JSON list of beginnings of keys, of which counts what is set; `hoist_vars["tuning"]`, a JSON
list of keys that change no meaning. Out: `hoist_value`. Tables and views below a named view are added. What fails for one
table is said in its entry and stops nothing. Runs after the text `session.py`.
"""
import time

CODECS = (".gz", ".bz2", ".zst", ".deflate", ".lz4", ".snappy")  # endings of files that are compressed as a whole
FILE_LIMIT = 10000  # files counted per table before its size is left unknown
TABLE_SECONDS = 5.0  # time spent on one table's files
TOTAL_SECONDS = 60.0  # time spent on all files
PARTITION_LIMIT = 10000  # partitions of a table before their places are left unknown
PLACE_LIMIT = 100  # places outside of a table's folder before they are left unknown

manager = spark._jsparkSession.sessionState().catalogManager()
started = time.monotonic()


class Unlisted(Exception):
    """The files or partitions of a table are not listed."""


def reason(error):
    """The first line of what an exception says."""
    text = getattr(error, "desc", None) or str(error)
    return (text.strip() or type(error).__name__).split("\n")[0]


def values(keys):
    """Values of settings; a key that this Spark does not know, or that has no value, is left out."""
    found = {}
    for key in keys:
        try:
            value = spark.conf.get(key)
        except Exception:
            continue
        if value is not None and value != "<undefined>":
            found[key] = value
    return found


def session_facts():
    current = manager.currentCatalog().name()
    namespace = list(manager.currentNamespace())
    configured = to_dict(spark._jsparkSession.conf().getAll())
    families = tuple(family.lower() for family in json.loads(hoist_vars["families"]))
    settings = {key: value for key, value in configured.items() if key.lower().startswith(families)}
    settings.update(values(json.loads(hoist_vars["settings"])))
    tuning = json.loads(hoist_vars["tuning"])
    return {
        "cores": sc.defaultParallelism,
        "tuning": {key.lower(): value for key, value in values(tuning).items()},
        "tuned": sorted(key.lower() for key in tuning if key in configured),
        # A catalog may have no current database: then its name and a dot.
        "database": ".".join(namespace if current == "spark_catalog" else [current] + (namespace or [""])).lower(),
        "settings": {key.lower(): value for key, value in settings.items()},
    }


def plain_uri(uri):
    """One spelling per location: `file:/a`, never `file:///a/`."""
    uri = uri.normalize()
    scheme = uri.getScheme() + ":" if uri.getScheme() else ""
    authority = "//" + uri.getAuthority() if uri.getAuthority() else ""
    return scheme + authority + uri.getRawPath().rstrip("/")


def lower_keys(properties):
    """A Scala map as a dictionary; names of options are equal whatever their case."""
    options = {}
    pairs = properties.iterator()
    while pairs.hasNext():
        pair = pairs.next()
        options[pair._1().lower()] = pair._2()
    return options


def writes_compressed(properties):
    """Whether the text files that Spark writes for a table are compressed; none where it does not say."""
    options = lower_keys(properties)
    codec = options.get("compression", options.get("codec"))
    return codec.lower() not in ("none", "uncompressed") if codec is not None else None


def files_size(location):
    """Bytes of the files under a location, those that Spark skips left out; and whether their names say that they are
    compressed as a whole, none where there are none or some."""
    path = jvm.org.apache.hadoop.fs.Path(jvm.java.net.URI(location))
    system = path.getFileSystem(sc._jsc.hadoopConfiguration())
    if not system.exists(path):
        return 0, None
    root = system.makeQualified(path).toUri().getPath().rstrip("/") + "/"
    deadline = min(time.monotonic() + TABLE_SECONDS, started + TOTAL_SECONDS)
    files = system.listFiles(path, True)
    size = count = kept = whole = 0
    while files.hasNext():
        count += 1
        if count > FILE_LIMIT:
            raise Unlisted("it has more than %d files" % FILE_LIMIT)
        if time.monotonic() > deadline:
            raise Unlisted("listing its files takes too long")
        status = files.next()
        parts = status.getPath().toUri().getPath()[len(root):].split("/")
        if not any(part.startswith((".", "_")) and "=" not in part for part in parts):
            size += status.getLen()
            kept += 1
            whole += parts[-1].endswith(CODECS)
    return size, {0: False, kept: True}.get(whole) if kept else None


def path_of(uri):
    """A place as `org.apache.hadoop.fs.Path` spells it, escapes resolved."""
    return jvm.org.apache.hadoop.fs.Path(uri).toString().rstrip("/")


def outside(meta, identifier):
    """Places of partitions that do not lie in the table's folder, without trailing `column=value` folders.

    Asked for as one text: a call for each partition would take as long as everything else.
    """
    every = jvm.scala.Option.apply(None)
    count = catalog.listPartitionNames(identifier, every).size()
    if count > PARTITION_LIMIT:
        raise Unlisted("it has more than %d" % PARTITION_LIMIT)
    if time.monotonic() > started + TOTAL_SECONDS:
        raise Unlisted("listing files has taken too long already")
    text = catalog.listPartitions(identifier, every).mkString("\n")
    printed = set(re.findall(r"^\tLocation: (.*)$", text, re.MULTILINE))
    if text.count("\n\tLocation: ") < count:
        raise Unlisted("some have no location")
    uri = option(meta.storage().locationUri())
    roots = (plain_uri(uri), path_of(uri)) if uri is not None else ()
    places = set()
    for place in printed:
        place = place.rstrip("/")
        if ".." not in place and any((place + "/").startswith(root + "/") for root in roots):
            continue
        while "=" in place.rsplit("/", 1)[-1]:
            place = place.rsplit("/", 1)[0]
        places.add(place)
    if len(places) > PLACE_LIMIT:
        raise Unlisted("they lie in more than %d places" % PLACE_LIMIT)
    return sorted(places)


def database_places(names):
    """Where tables without a place of their own are made, by database, as far as databases exist."""
    places = {}
    if manager.currentCatalog().name() != "spark_catalog":
        return places
    for parts in {tuple(name.split(".")) for name in names}:
        database = parts[-2] if len(parts) > 1 else catalog.getCurrentDatabase()
        try:
            if len(parts) <= 2 and catalog.databaseExists(database):
                places[database.lower()] = plain_uri(catalog.getDatabaseMetadata(database).locationUri())
        except Exception:
            continue  # nothing is known of it
    return places


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
    options = lower_keys(properties)
    default = spark.conf.get("spark.sql.columnNameOfCorruptRecord", "_corrupt_record")
    corrupt = {"_corrupt_record", options.get("columnnameofcorruptrecord", default).lower()}
    permissive = options.get("mode", "PERMISSIVE").upper() == "PERMISSIVE"
    return not permissive or any(column["name"].lower() in corrupt for column in columns)


def bucketing(meta):
    spec = option(meta.bucketSpec())
    if spec is None:
        return None
    return {
        "buckets": spec.numBuckets(),
        "columns": to_list(spec.bucketColumnNames()),
        "sort_columns": to_list(spec.sortColumnNames()),
    }


def view_facts(meta):
    """What a view captured. None where it did not capture a database: its names mean what they mean at its use."""
    text = option(meta.viewText())
    parts = to_list(meta.viewCatalogAndNamespace())
    if text is None or not parts:
        return None
    return {
        "text": text,
        "database": ".".join(parts[1:] if parts[0] == "spark_catalog" else parts).lower(),
        "settings": {key.lower(): value for key, value in to_dict(meta.viewSQLConfigs()).items()},
    }


def named_in(text, database):
    """Canonical names in the text of a view that cannot be analysed, common table expressions among them."""
    plan = spark._jsparkSession.sessionState().sqlParser().parsePlan(text).toString()
    names = set()
    for parts in re.findall(r"UnresolvedRelation \[([^\]]+)\]", plan):
        name = parts.replace(", ", ".")
        names.add(canonical(name if "." in name else database + "." + name))
    return names


def facts(name):
    """The entry of a table, and the names of tables that it depends on."""
    parts = name.split(".")
    if len(parts) == 3 and parts[0] == "spark_catalog":
        parts = parts[1:]
    if len(parts) > 2:
        return {"problem": "it lies in another catalog than `spark_catalog`"}, set()
    if manager.currentCatalog().name() != "spark_catalog":
        return {"problem": "the session's current catalog is not `spark_catalog`"}, set()
    database = parts[0] if len(parts) == 2 else catalog.getCurrentDatabase()
    table = parts[-1]
    identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(table, jvm.scala.Option.apply(database))
    if database == "global_temp":
        exists = catalog.getGlobalTempView(table).isDefined()
        return {"kind": "temporary" if exists else "missing"}, set()
    if len(parts) == 2 and manager.isCatalogRegistered(database):
        return {"problem": "`%s` is a catalog" % database}, set()
    if catalog.getTempView(table).isDefined():
        # Without its database the name means the view.
        return {"kind": "temporary"}, set()
    if not catalog.databaseExists(database) or not catalog.tableExists(identifier):
        return {"kind": "missing"}, set()
    meta = catalog.getTableMetadata(identifier)
    kind = {"MANAGED": "managed", "EXTERNAL": "external", "VIEW": "view"}.get(meta.tableType().name())
    if kind is None:
        return {"problem": "its kind `%s` is not known" % meta.tableType().name()}, set()
    quoted = quote(database, table)
    if kind == "view":
        return facts_of_view(meta, quoted)
    entry = {"kind": kind, "columns": [column(field) for field in spark.table(quoted).schema.fields]}
    provider = option(meta.provider())
    entry["provider"] = provider.lower() if provider else None
    entry["rows_depend_on_columns"] = rows_depend_on_columns(
        entry["provider"] or "", meta.storage().properties(), entry["columns"]
    )
    text = entry["provider"] in ("csv", "json")
    if text:
        entry["compressed"] = writes_compressed(meta.storage().properties())
    entry["partition_columns"] = to_list(meta.partitionColumnNames())
    entry["bucketing"] = bucketing(meta)
    uri = option(meta.storage().locationUri())
    entry["location"] = plain_uri(uri) if uri is not None else None
    remarks = []
    if entry["partition_columns"]:
        try:
            entry["outside"] = outside(meta, identifier)
        except Exception as error:
            remarks.append("partitions: " + reason(error))
    stats = option(meta.stats())
    if stats is not None:
        rows = option(stats.rowCount())
        entry["rows"] = int(str(rows)) if rows is not None else None
        entry["size_bytes"] = int(str(stats.sizeInBytes()))
    if not entry.get("size_bytes"):
        entry["size_bytes"] = None
        try:
            if entry["location"] is None:
                raise Unlisted("it has no location")
            entry["size_bytes"], compressed = files_size(entry["location"])
            if text and compressed is not None:
                entry["compressed"] = compressed
        except Exception as error:
            remarks.append("size: " + reason(error))
    if remarks:
        entry["remark"] = "; ".join(remarks)
    return entry, set()


def facts_of_view(meta, quoted):
    entry = {"kind": "view", "view": view_facts(meta)}
    below = set()
    if entry["view"] is None:
        entry["remark"] = "definition: it was made without noting the database that its names lie in"
    try:
        below = depends_on(quoted)
        entry["columns"] = [column(field) for field in spark.table(quoted).schema.fields]
    except Exception as error:
        entry["remark"] = "columns: " + reason(error)
        if entry["view"] is not None:
            below = named_in(entry["view"]["text"], entry["view"]["database"])
    return entry, below


hoist_value = {"spark_version": spark.version, "session": session_facts(), "tables": {}}
waiting = json.loads(hoist_vars["names"])
seen = set(waiting)
while waiting:
    name = waiting.pop(0)
    try:
        entry, below = facts(name)
    except Exception as error:
        entry, below = {"problem": reason(error)}, set()
    if "problem" not in entry:
        entry["below"] = sorted(below - {name})
    hoist_value["tables"][name] = entry
    waiting.extend(sorted(below - seen))
    seen |= below
hoist_value["databases"] = database_places(hoist_value["tables"])
