"""Everything that a run left: tables, views, folders, results, the session.

In: `hoist_vars["folder"]` of the pipeline, `hoist_vars["results"]`. Out: `hoist_value`, by kind and name
`{facts: {aspect: text}, rows: [text]}`. Data is tiny, so rows are given as they are, as exact text.
"""
import os

from pyspark.sql import functions as F, types as T

sc = spark.sparkContext
jvm = sc._jvm
state = spark._jsparkSession.sessionState()
catalog = state.catalog()
folder = json.loads(hoist_vars["folder"])
results = json.loads(hoist_vars["results"])
outputs = {}
# Written anew by each run, or by each look at a table.
PASSING = ("transient_lastDdlTime", "numFiles", "totalSize", "numRows", "rawDataSize", "numPartitions")
# What Python cannot hold is compared as text.
TEXT = ("interval", "timestamp", "date", "variant")


def unlocated(text):
    return text.replace(folder, "@folder@").replace(spark.conf.get("spark.sql.warehouse.dir"), "@warehouse@")


def rows_of(frame):
    fields = frame.schema.fields
    frame = frame.toDF(*("c%d" % i for i in range(len(fields))))
    columns = []
    for i, field in enumerate(fields):
        column = F.col("c%d" % i)
        if any(kind in field.dataType.simpleString() for kind in TEXT):
            column = column.cast("string")
        columns.append(column)
    return [unlocated(repr(tuple(row))) for row in frame.select(*columns).collect()]


def shown(kind, facts, frame):
    """An output; why its rows cannot be read is a fact as well."""
    try:
        frame = frame()
        facts["columns read"] = frame.schema.json()
        rows = rows_of(frame)
    except Exception as error:
        text = str(getattr(error, "getErrorClass", lambda: None)() or error)
        facts["problem"] = text.strip().split("\n")[0]
        rows = []
    outputs[kind] = {"facts": {name: unlocated(text) for name, text in facts.items()}, "rows": rows}


def option(value):
    return str(value.get()) if value.isDefined() else "none"


def quoted(*parts):
    return ".".join("`%s`" % part.replace("`", "``") for part in parts)


def parquet_schemas(path):
    """The schemas that Spark noted in the Parquet files of a folder, nullability included."""
    found = set()
    for base, _, files in os.walk(path):
        for name in files:
            if name.endswith(".parquet"):
                file = jvm.org.apache.hadoop.fs.Path("file:" + os.path.join(base, name))
                conf = sc._jsc.hadoopConfiguration()
                source = jvm.org.apache.parquet.hadoop.util.HadoopInputFile.fromPath(file, conf)
                reader = jvm.org.apache.parquet.hadoop.ParquetFileReader.open(source)
                try:
                    meta = reader.getFooter().getFileMetaData()
                    found.add(meta.getKeyValueMetaData().get("org.apache.spark.sql.parquet.row.metadata") or "")
                finally:
                    reader.close()
    return sorted(found)


def table(database, name):
    identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(name, jvm.scala.Option.apply(database))
    meta = catalog.getTableMetadata(identifier)
    view = meta.tableType().name() == "VIEW"
    properties = {}
    pairs = meta.properties().iterator()
    while pairs.hasNext():
        pair = pairs.next()
        if pair._1() not in PASSING:
            properties[pair._1()] = pair._2()
    facts = {
        "columns": meta.schema().json(),
        "partition columns": meta.partitionColumnNames().mkString(","),
        "buckets": option(meta.bucketSpec()),
        "provider": option(meta.provider()),
        "comment": option(meta.comment()),
        "text": option(meta.viewText()),
        "properties": json.dumps(properties, sort_keys=True),
    }
    if not view:
        uri = meta.storage().locationUri()
        if uri.isDefined():
            facts["location"] = str(uri.get().toString())
            facts["files"] = " ".join(parquet_schemas(uri.get().getPath()))
        if meta.partitionColumnNames().nonEmpty() and meta.tracksPartitionsInCatalog():
            rows = spark.sql("SHOW PARTITIONS " + quoted(database, name)).collect()
            facts["partitions"] = " ".join(row[0] for row in rows)
        spark.catalog.refreshTable(quoted(database, name))
    kind = "view" if view else "table"
    shown("%s %s.%s" % (kind, database, name), facts, lambda: spark.table(quoted(database, name)))


def files(path):
    """A folder of data files, by the endings of their names."""
    names = [name for name in os.listdir(path) if name.startswith("part-")]
    # Hive's text files have no ending, only a name that differs from run to run.
    kinds = {name.rsplit(".", 1)[-1] if "." in name else "none" for name in names}
    facts = {"kinds": " ".join(sorted(kinds))}
    where = "file:" + path
    if kinds == {"parquet"}:
        schemas = parquet_schemas(path)
        facts["files"] = " ".join(schemas)
        # A known schema saves a job that would look for it; of several, the choice would be by chance.
        one = T.StructType.fromJson(json.loads(schemas[0])) if len(schemas) == 1 and schemas[0] else None
        read = lambda: spark.read.schema(one).parquet(where) if one else spark.range(0)
    elif kinds == {"orc"}:
        read = lambda: spark.read.orc(where)
    else:
        read = lambda: spark.read.text(where)
    return facts, read


# Before anything else: reading what was left must not show in it.
cached = sorted(
    info.name() for info in sc._jsc.sc().getRDDStorageInfo() if info.isCached()
)
configured = {}
settings = state.conf().getAllConfs().iterator()
while settings.hasNext():
    pair = settings.next()
    if pair._1().startswith("spark.sql.") and pair._1() != "spark.sql.warehouse.dir":
        configured[pair._1()] = pair._2()
current = spark.catalog.currentDatabase()
functions = [row[0] for row in spark.sql("SHOW USER FUNCTIONS").collect()]
session = {
    "database": current,
    "settings": json.dumps(configured, sort_keys=True),
    "functions": " ".join(functions),
    "cached data": " ".join(cached),
}

# Tiny data: compiling costs more than it gains.
spark.conf.set("spark.sql.codegen.wholeStage", False)
spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
databases = sorted(row[0] for row in spark.sql("SHOW DATABASES").collect())
session["databases"] = " ".join(databases)
temporary = set()
for database in databases:
    for row in spark.sql("SHOW TABLES IN " + quoted(database)).collect():
        if row["isTemporary"]:
            temporary.add(row["tableName"])
        else:
            table(database, row["tableName"])
for name in sorted(temporary):
    shown("temporary view " + name, {}, lambda: spark.table(quoted(name)))
for row in spark.sql("SHOW VIEWS IN global_temp").collect():
    if row["namespace"] == "global_temp":
        shown("temporary view global_temp." + row["viewName"], {}, lambda: spark.table("global_temp." + quoted(row["viewName"])))

for base, _, names in os.walk(folder):
    if any(name.startswith("part-") for name in names):
        facts, read = files(base)
        shown("folder " + os.path.relpath(base, folder), facts, read)
if os.path.isdir(results):
    for name in sorted(os.listdir(results)):
        path = os.path.join(results, name)
        facts, read = files(path)
        sidecar = os.path.join(path, "_columns.json")
        if os.path.exists(sidecar):
            with open(sidecar) as stream:
                facts["names"] = stream.read()
        shown("result " + name, facts, read)
outputs["session"] = {"facts": session, "rows": []}
hoist_value = outputs
