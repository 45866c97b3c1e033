"""What a statement gives and how it fails: shared by the engines, which put it before their own Python text.

Needs Python 3.9 and pyspark 3.3, nothing else.
"""

import json
import traceback


def run_query(spark, text, want):
    """Runs a SQL statement; commands are done at once, the rows of a query only as far as they are wanted."""
    frame = spark.sql(text)
    fields = frame.schema.fields
    output = {"columns": [{"name": f.name, "type_name": f.dataType.simpleString()} for f in fields]}
    if not fields:
        return output
    if want["kind"] == "preview":
        frame = frame.toDF(*("c%d" % i for i in range(len(fields))))
        columns = [as_text(f.dataType, "c%d" % i) for i, f in enumerate(fields)]
        rows = frame.select(*columns).take(want["rows"] + 1)
        output["rows"] = [list(row) for row in rows[: want["rows"]]]
        output["truncated"] = len(rows) > want["rows"]
    elif want["kind"] == "parquet":
        write_parquet(spark, frame, want["uri"])
    return output


def json_value(value):
    """A value as JSON holds it; one that JSON cannot hold is an error of the statement that made it."""
    return json.loads(json.dumps(value, default=str, allow_nan=False))


def as_text(data_type, name):
    """A column as text, exact to the last digit."""
    from pyspark.sql import functions, types as t

    column = functions.col(name)
    if isinstance(data_type, t.StringType):
        return column
    if isinstance(data_type, t.BinaryType):
        return functions.hex(column).alias(name)
    if type(data_type).__name__ == "VariantType" or (
        isinstance(data_type, (t.ArrayType, t.MapType, t.StructType)) and has_json(data_type)
    ):
        return functions.to_json(column, {"ignoreNullFields": "false"}).alias(name)
    return column.cast("string").alias(name)


def has_json(data_type):
    """Whether Spark's to_json accepts the type."""
    from pyspark.sql import types as t

    if isinstance(data_type, t.ArrayType):
        return has_json(data_type.elementType)
    if isinstance(data_type, t.MapType):
        return has_json(data_type.keyType) and has_json(data_type.valueType)
    if isinstance(data_type, t.StructType):
        return all(has_json(f.dataType) for f in data_type.fields)
    return "interval" not in data_type.simpleString()


def storable(data_type):
    """The type with VOID and calendar intervals, which Parquet cannot hold, replaced by text."""
    from pyspark.sql import types as t

    if isinstance(data_type, t.NullType) or data_type.simpleString() == "interval":
        return t.StringType()
    if isinstance(data_type, t.ArrayType):
        return t.ArrayType(storable(data_type.elementType), data_type.containsNull)
    if isinstance(data_type, t.MapType):
        return t.MapType(
            storable(data_type.keyType), storable(data_type.valueType), data_type.valueContainsNull
        )
    if isinstance(data_type, t.StructType):
        return t.StructType(
            [t.StructField(f.name, storable(f.dataType), f.nullable) for f in data_type.fields]
        )
    return data_type


def write_parquet(spark, frame, uri):
    from pyspark.sql import functions

    fields = frame.schema.fields
    taken = set()
    for field in fields:
        taken.add(field.name.lower())
    used = set()
    stored = []
    for field in fields:
        name = field.name
        number = 1
        while name.lower() in used or (number > 1 and name.lower() in taken):
            number += 1
            name = "%s_%d" % (field.name, number)
        used.add(name.lower())
        stored.append(name)
    types = [storable(f.dataType) for f in fields]
    positions = ["c%d" % i for i in range(len(fields))]
    frame = frame.toDF(*positions)
    columns = []
    for position, field, data_type, name in zip(positions, fields, types, stored):
        column = functions.col(position)
        if data_type != field.dataType:
            column = column.cast(data_type)
        columns.append(column.alias(name))
    frame.select(*columns).write.mode("overwrite").parquet(uri)
    changed = any(
        name != f.name or data_type != f.dataType
        for name, data_type, f in zip(stored, types, fields)
    )
    if changed:
        sidecar = {
            "columns": [
                {"stored": name, "name": f.name, "type": f.dataType.simpleString()}
                for name, f in zip(stored, fields)
            ]
        }
        java = spark.sparkContext._jvm
        path = java.org.apache.hadoop.fs.Path(uri + "/_columns.json")
        system = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
        stream = system.create(path, True)
        try:
            stream.write(bytearray(json.dumps(sidecar, ensure_ascii=False, indent=1).encode()))
        finally:
            stream.close()


# Error classes of Spark that only say where an error surfaced; its cause says what went wrong.
SURFACES = ("TASK_WRITE_FAILED", "FAILED_EXECUTE_UDF", "FAILED_READ_FILE", "INTERNAL_ERROR")


def java_cause(error):
    """Class name, error class and message of the Java exception that says most about an error."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if java is None:
        return None
    chain = []
    while java is not None and len(chain) < 20:
        try:
            sql_class = java.getErrorClass()
        except Exception:
            sql_class = None  # not one of Spark's
        chain.append((java.getClass().getSimpleName(), sql_class, java.getMessage()))
        java = java.getCause()
    telling = [c for c in chain if c[1] and not c[1].startswith(SURFACES)]
    if telling:
        return telling[-1]
    outer = chain[0]
    vague = outer[1] or outer[2] is None or outer[2].startswith("Job aborted")
    return chain[-1] if vague else outer


def source_name(request):
    """What a Python text is called in tracebacks."""
    return request["file"] or "<%s>" % request["label"]


def describe(error, file):
    """What is known of an exception of the text called `file`; the message is taken apart by the receiver."""
    sql_class = None
    kind = type(error).__name__
    message = None
    try:
        cause = java_cause(error)
        if cause is not None:
            # Converted exceptions keep their Python name, which is the one that users know.
            kind = cause[0] if kind in ("Py4JJavaError", "UnknownException") else kind
            sql_class, message = cause[1], cause[2]
    except Exception:
        traceback.print_exc()  # Java may have ended; Python's own text is left
    if isinstance(error, SyntaxError):
        message = error.msg
    if not message:
        message = str(error)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    position = None
    if isinstance(error, SyntaxError) and error.filename == file and error.lineno:
        position = [error.lineno, max(error.offset or 1, 1)]
    elif lines:
        position = [lines[-1], 1]
    # The frames of hoist itself say nothing to the user.
    hidden = describe.__code__.co_filename
    own = [frame for frame in frames if frame.filename != hidden]
    trace = "".join(
        (["Traceback (most recent call last):\n"] + traceback.format_list(own) if own else [])
        + traceback.format_exception_only(type(error), error)
    )
    return {
        "exception": kind,
        "sql_class": sql_class,
        "message": message,
        "python_position": position,
        "trace": trace.strip(),
    }


