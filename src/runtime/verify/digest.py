"""Digests of tables, folders and results, independent of the order of rows.

In: `hoist_vars["outputs"]`, a JSON list of `{name, unstable, table}`, `{name, unstable, folder}` or
`{name, unstable, path, order}`; `unstable` lists columns (lower case) that are left out of what rows are known by;
`order` is null, or a list of columns (empty: all) in whose order the rows of a path must lie. Out: `hoist_value` by name.

Every column without floating point has a 64-bit hash per row, with its position and whether it is NULL in it (nested
values as text in which NULL shows, maps sorted by key). From these come: a sum per column; a sum of the hash of all
stable columns together, by which rows are known; and the same with one column left out, per column.
Floating-point columns are compared by sums, one of them weighted by the row's exact stable columns, so that values
which changed places between rows show.
"""
import re

from pyspark.sql import Window, functions as F, types as T

ORDER_LIMIT = 5000000  # rows of a result beyond which its order is not compared
PARTITION_LIMIT = 20000  # partitions of a table beyond which only their number is compared
# What a catalog or a writer notes down by itself, and says nothing about the table.
NOISE = re.compile(
    r"transient_lastDdlTime|last_modified_(by|time)|numFiles|totalSize|numRows|rawDataSize|numPartitions"
    r"|COLUMN_STATS_ACCURATE|bucketing_version|STATS_GENERATED.*|spark\.sql\..*"
)

sc = spark.sparkContext
jvm = sc._jvm
catalog = spark._jsparkSession.sessionState().catalog()


def is_float(data_type):
    return isinstance(data_type, (T.FloatType, T.DoubleType))


def has_float(data_type):
    if isinstance(data_type, T.ArrayType):
        return has_float(data_type.elementType)
    if isinstance(data_type, T.MapType):
        return has_float(data_type.keyType) or has_float(data_type.valueType)
    if isinstance(data_type, T.StructType):
        return any(has_float(field.dataType) for field in data_type.fields)
    return is_float(data_type)


def is_nested(data_type):
    return isinstance(data_type, (T.ArrayType, T.MapType, T.StructType))


def plain(column, data_type):
    """Leaves as text, maps as arrays of entries sorted by key, everything else as it is."""
    if isinstance(data_type, T.ArrayType):
        return F.transform(column, lambda x: plain(x, data_type.elementType))
    if isinstance(data_type, T.MapType):
        entries = F.transform(
            F.map_entries(column),
            lambda x: F.struct(
                plain(x["key"], data_type.keyType).alias("k"), plain(x["value"], data_type.valueType).alias("v")
            ),
        )
        return F.sort_array(entries)
    if isinstance(data_type, T.StructType):
        # By position: names may repeat, and they are compared with the schema.
        fields = [
            plain(column.getField(field.name), field.dataType).alias("f%d" % i)
            for i, field in enumerate(data_type.fields)
        ]
        if not fields:
            return F.when(column.isNotNull(), F.lit("{}"))
        return F.when(column.isNotNull(), F.struct(*fields))
    if isinstance(data_type, T.BinaryType):
        return F.hex(column)
    return column.cast("string")


def exact(column, data_type):
    if is_nested(data_type):
        # In a struct, so that top-level arrays and NULL are text in every version.
        return F.to_json(F.struct(plain(column, data_type).alias("v")), {"ignoreNullFields": "false"})
    if isinstance(data_type, T.NullType):
        return column.cast("string")
    return column


def float_digest(name, column, weight):
    value = column.cast("double")
    nan = F.isnan(value)
    infinite = F.abs(value) == F.lit(float("inf"))
    finite = F.when(value.isNotNull() & ~nan & ~infinite, value)
    count = lambda condition: F.count(F.when(condition, F.lit(1)))
    return [
        count(value.isNull()).alias(name + "_nulls"),
        count(nan).alias(name + "_nans"),
        count(value == F.lit(float("inf"))).alias(name + "_up"),
        count(value == F.lit(float("-inf"))).alias(name + "_down"),
        F.sum(finite).alias(name + "_sum"),
        F.sum(finite * weight).alias(name + "_weighted"),
        F.sum(F.abs(finite)).alias(name + "_size"),
        F.min(finite).alias(name + "_min"),
        F.max(finite).alias(name + "_max"),
    ]


def number(value):
    """A double as text that reads back as the same double; JSON has no infinity."""
    return None if value is None else repr(float(value))


def rows_digest(frame, unstable):
    fields = frame.schema.fields
    frame = frame.toDF(*("c%d" % i for i in range(len(fields))))
    hashes, floats, notes = [], [], []
    for i, field in enumerate(fields):
        column = F.col("c%d" % i)
        if is_float(field.dataType):
            floats.append(i)
            continue
        hashes.append(F.xxhash64(F.lit(i), column.isNull(), exact(column, field.dataType)).alias("h%d" % i))
        if has_float(field.dataType):
            notes.append("floating point inside `%s` was compared exactly, as text" % field.name)
    exacts = [i for i in range(len(fields)) if i not in floats]
    stable = [i for i in exacts if fields[i].name.lower() not in unstable]
    frame = frame.select(*hashes, *(F.col("c%d" % i) for i in floats))
    together = F.lit(0).cast("bigint")
    for i in stable:
        together = together.bitwiseXOR(F.col("h%d" % i))
    frame = frame.withColumn("row", together)
    # 31 bits of a hash: a sum of them cannot overflow, whatever the settings of the session.
    low = lambda hashed: F.sum(hashed.bitwiseAND(F.lit(0x7FFFFFFF).cast("bigint")))
    # Floating-point values get their weight from what is exact in their row.
    weight = F.pmod(F.xxhash64("row"), F.lit(1000003)) / F.lit(1000003.0) + F.lit(0.5)
    columns = [
        F.count(F.lit(1)).alias("rows"),
        F.sum(F.xxhash64("row").cast("decimal(38,0)")).alias("all"),
    ]
    for i in exacts:
        columns.append(low(F.col("h%d" % i)).alias("h%d" % i))
    for i in stable:
        columns.append(low(F.xxhash64(F.col("row").bitwiseXOR(F.col("h%d" % i)))).alias("w%d" % i))
    for i in floats:
        columns += float_digest("f%d" % i, F.col("c%d" % i), weight)
    row = frame.agg(*columns).first().asDict()
    return {
        "rows": row["rows"],
        "hash": str(row["all"]),
        "exact": [
            {"column": fields[i].name, "hash": row["h%d" % i] or 0, "without": row.get("w%d" % i) or 0} for i in exacts
        ],
        "floats": [
            {
                "column": fields[i].name,
                "single": isinstance(fields[i].dataType, T.FloatType),
                "counts": [row["f%d_%s" % (i, key)] for key in ("nulls", "nans", "up", "down")],
                "sum": number(row["f%d_sum" % i]),
                "weighted": number(row["f%d_weighted" % i]),
                "size": number(row["f%d_size" % i]),
                "min": number(row["f%d_min" % i]),
                "max": number(row["f%d_max" % i]),
            }
            for i in floats
        ],
        "notes": notes,
    }


def order_digest(path, order):
    """A hash of the sequence of rows (of the columns they are ordered by), file after file."""
    frame = spark.read.parquet(path)
    fields = frame.schema.fields
    frame = frame.select(
        *("`%s`" % field.name.replace("`", "``") for field in fields),
        F.col("_metadata.file_name"),
        F.col("_metadata.row_index"),
    ).toDF(*("c%d" % i for i in range(len(fields))), "file", "row")
    by_name = {field.name.lower(): i for i, field in enumerate(fields)}
    keys = [by_name.get(name.lower()) for name in order]
    if not keys or None in keys:
        keys = range(len(fields))
    values = []
    for i in keys:
        column = F.col("c%d" % i)
        if not has_float(fields[i].dataType):
            values += [column.isNull(), exact(column, fields[i].dataType)]
    position = F.row_number().over(Window.orderBy("file", "row"))
    hashed = frame.select(F.xxhash64(position, *values).cast("decimal(38,0)").alias("hash"))
    return str(hashed.agg(F.sum("hash")).first()[0])


def column_facts(field, nullable):
    return {
        "name": field.name,
        "type": field.metadata.get("__CHAR_VARCHAR_TYPE_STRING") or field.dataType.simpleString(),
        "nullable": nullable,
        "comment": field.metadata.get("comment"),
    }


def stored_names(path, fields):
    """Names and types of a result as its query gave them."""
    sidecar = jvm.org.apache.hadoop.fs.Path(path + "/_columns.json")
    system = sidecar.getFileSystem(sc._jsc.hadoopConfiguration())
    if not system.exists(sidecar):
        return [column_facts(field, None) for field in fields]
    text = "\n".join(row[0] for row in spark.read.option("wholetext", True).text(sidecar.toString()).collect())
    return [
        {"name": column["name"], "type": column["type"], "nullable": None, "comment": None}
        for column in json.loads(text)["columns"]
    ]


def system_of(path):
    path = jvm.org.apache.hadoop.fs.Path(path)
    return path, path.getFileSystem(sc._jsc.hadoopConfiguration())


def result_digest(output):
    path, system = system_of(output["path"])
    if not system.exists(path):
        return {"missing": True}
    frame = spark.read.parquet(output["path"])
    result = rows_digest(frame, output["unstable"])
    result["columns"] = stored_names(output["path"], frame.schema.fields)
    if output["order"] is not None:
        if result["rows"] > ORDER_LIMIT:
            result["notes"].append("the order of more than %d rows was not compared" % ORDER_LIMIT)
        elif tuple(int(x) for x in spark.version.split(".")[:2]) < (3, 5):
            result["notes"].append("the order was not compared, which needs Spark 3.5")
        else:
            result["order"] = order_digest(output["path"], output["order"])
    return result


def folder_digest(output):
    """Files by the ends of their names: Parquet and ORC by columns, everything else as lines of text."""
    path, system = system_of(output["folder"])
    if not system.exists(path):
        return {"missing": True}
    files = system.listFiles(path, True)
    formats = set()
    while files.hasNext():
        name = files.next().getPath().getName()
        if not name.startswith(("_", ".")):
            formats.add(next((end for end in ("parquet", "orc", "avro") if name.endswith("." + end)), "text"))
    if not formats:
        return {"rows": 0}
    if len(formats) > 1:
        return {"problem": "the folder holds files of several formats: " + ", ".join(sorted(formats))}
    read_as = formats.pop()
    frame = spark.read.format(read_as).load(output["folder"])
    result = rows_digest(frame, output["unstable"])
    result["columns"] = [column_facts(field, None) for field in frame.schema.fields]
    result["format"] = read_as
    return result


def partitions(quoted, names, frame, notes):
    """Rows by partition, partitions without rows included."""
    listed = {row[0]: 0 for row in spark.sql("SHOW PARTITIONS " + quoted).collect()}
    if len(listed) > PARTITION_LIMIT:
        notes.append("of more than %d partitions only the number was compared" % PARTITION_LIMIT)
        return {"partitions": len(listed)}
    keys = [F.col("`%s`" % name.replace("`", "``")).cast("string").alias("p%d" % i) for i, name in enumerate(names)]
    for row in frame.select(*keys).groupBy(*("p%d" % i for i in range(len(names)))).count().collect():
        values = ["%s=%s" % (name, "NULL" if row[i] is None else row[i]) for i, name in enumerate(names)]
        listed["rows of " + "/".join(values)] = row[len(names)]
    return listed


def table_digest(output):
    database, table = output["table"].split(".", 1)
    identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(table, jvm.scala.Option.apply(database))
    if not catalog.databaseExists(database) or not catalog.tableExists(identifier):
        return {"missing": True}
    meta = catalog.getTableMetadata(identifier)
    quoted = "`%s`.`%s`" % (database.replace("`", "``"), table.replace("`", "``"))
    spark.catalog.refreshTable(quoted)
    frame = spark.table(quoted)
    result = rows_digest(frame, output["unstable"])
    declared = T.StructType.fromJson(json.loads(meta.schema().json()))
    result["columns"] = [column_facts(field, field.nullable) for field in declared.fields]
    names = meta.partitionColumnNames()
    names = [names.apply(i) for i in range(names.size())]
    result["partition_columns"] = names
    if names:
        result["partitions"] = partitions(quoted, names, frame, result["notes"])
    option = lambda value: value.get() if value.isDefined() else None
    bucketing = option(meta.bucketSpec())
    result["bucketing"] = bucketing.toString() if bucketing is not None else None
    result["format"] = option(meta.provider())
    result["kind"] = meta.tableType().name().lower()
    result["comment"] = option(meta.comment())
    result["text"] = option(meta.viewText())
    pairs = meta.properties().iterator()
    result["properties"] = {}
    while pairs.hasNext():
        pair = pairs.next()
        if not NOISE.fullmatch(pair._1()):
            result["properties"][pair._1()] = pair._2()
    return result


def digest(output):
    if "path" in output:
        return result_digest(output)
    if "folder" in output:
        return folder_digest(output)
    return table_digest(output)


hoist_value = {}
for output in json.loads(hoist_vars["outputs"]):
    try:
        hoist_value[output["name"]] = digest(output)
    except Exception as error:
        text = getattr(error, "desc", None) or str(error)
        hoist_value[output["name"]] = {"problem": text.strip().split("\n")[0]}
