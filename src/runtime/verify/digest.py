"""Digests of tables and of results, independent of the order of rows.

In: `hoist_vars["outputs"]`, a JSON list of `{name, table}` or `{name, path, order}`; `order` is null, or a list of columns (empty:
all) in whose order the rows of a path must lie. Out: `hoist_value` by name.

Columns without floating point are compared exactly, by two sums of 64-bit hashes over rows. xxhash64 leaves NULL out,
so a flag per column goes with it, and nested values are hashed as text in which NULL shows, maps sorted by key.
Floating-point columns are compared by sums, one of them weighted by the row's exact columns, so that values which
changed places between rows show.
"""
from pyspark.sql import Window, functions as F, types as T

ORDER_LIMIT = 5000000  # rows of a result beyond which its order is not compared

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


def rows_digest(frame):
    fields = frame.schema.fields
    frame = frame.toDF(*("c%d" % i for i in range(len(fields))))
    exacts, floats, notes = [], [], []
    for i, field in enumerate(fields):
        column = F.col("c%d" % i)
        if is_float(field.dataType):
            floats.append((i, column))
            continue
        value = exact(column, field.dataType)
        exacts += [column.isNull(), value]
        if has_float(field.dataType):
            notes.append("floating point inside `%s` was compared exactly, as text" % field.name)
    first = F.xxhash64(F.lit("hoist"), *exacts)
    second = F.xxhash64(F.lit("second"), *exacts, F.lit("end"))
    # Floating-point values get their weight from what is exact in their row.
    weight = F.pmod(first, F.lit(1000003)) / F.lit(1000003.0) + F.lit(0.5)
    columns = [F.count(F.lit(1)).alias("rows")]
    for name, value in (("first", first), ("second", second)):
        columns.append(F.sum(value.cast("decimal(38,0)")).alias(name))
    for i, column in floats:
        columns += float_digest("f%d" % i, column, weight)
    row = frame.agg(*columns).first().asDict()
    return {
        "rows": row["rows"],
        "hashes": [str(row["first"]), str(row["second"])],
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
            for i, _ in floats
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


def digest(output):
    if output.get("path"):
        system_path = jvm.org.apache.hadoop.fs.Path(output["path"])
        if not system_path.getFileSystem(sc._jsc.hadoopConfiguration()).exists(system_path):
            return {"missing": True}
        frame = spark.read.parquet(output["path"])
        result = rows_digest(frame)
        result["columns"] = stored_names(output["path"], frame.schema.fields)
        if output["order"] is not None:
            if result["rows"] > ORDER_LIMIT:
                result["notes"].append("the order of more than %d rows was not compared" % ORDER_LIMIT)
            elif tuple(int(x) for x in spark.version.split(".")[:2]) < (3, 5):
                result["notes"].append("the order was not compared, which needs Spark 3.5")
            else:
                result["order"] = order_digest(output["path"], output["order"])
        return result
    database, table = output["table"].split(".", 1)
    identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(table, jvm.scala.Option.apply(database))
    if not catalog.databaseExists(database) or not catalog.tableExists(identifier):
        return {"missing": True}
    meta = catalog.getTableMetadata(identifier)
    quoted = "`%s`.`%s`" % (database.replace("`", "``"), table.replace("`", "``"))
    spark.catalog.refreshTable(quoted)
    frame = spark.table(quoted)
    result = rows_digest(frame)
    declared = T.StructType.fromJson(json.loads(meta.schema().json()))
    result["columns"] = [column_facts(field, field.nullable) for field in declared.fields]
    names = meta.partitionColumnNames()
    result["partition_columns"] = [names.apply(i) for i in range(names.size())]
    result["format"] = meta.provider().get() if meta.provider().isDefined() else None
    result["kind"] = meta.tableType().name().lower()
    return result


hoist_value = {}
for output in json.loads(hoist_vars["outputs"]):
    try:
        hoist_value[output["name"]] = digest(output)
    except Exception as error:
        text = getattr(error, "desc", None) or str(error)
        hoist_value[output["name"]] = {"problem": text.strip().split("\n")[0]}
