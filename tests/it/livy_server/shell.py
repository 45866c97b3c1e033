"""The interpreters of the Livy test server, on the local engine's Spark: what Livy 0.9 answers, for real statements."""

import ast
import io
import json
import math
import sys
import traceback
from decimal import Decimal

names = {}


def start(spark):
    names.update(spark=spark, sc=spark.sparkContext)


def run(kind, number, code, limit):
    context = names["sc"]
    context.setJobGroup(str(number), "Job group for statement %d" % number)
    output = sql(code, limit) if kind == "sql" else python(code)
    return dict(output, execution_count=number)


def cancel(number):
    names["sc"].cancelJobGroup(str(number))


def error(name, value, lines):
    return {"status": "error", "ename": name, "evalue": value, "traceback": lines}


def sql(code, limit):
    try:
        frame = names["spark"].sql(code)
        rows = frame.take(limit)
        schema = json.loads(frame.schema.json())
        if any("interval" in str(field["type"]) for field in schema["fields"]):
            return error("Error", "Unable to make field private final long java.time.Duration.seconds accessible", [])
        data = [[value(v, f["type"]) for v, f in zip(row, schema["fields"])] for row in rows]
        return {"status": "ok", "data": {"application/json": {"schema": schema, "data": data}}}
    except Exception as problem:
        java = getattr(problem, "java_exception", None) or getattr(problem, "_origin", None)
        if java is None:
            return error("Error", str(problem), [])
        return error("Error", java.getMessage(), ["org.apache.spark.sql.SparkSession.sql(SparkSession.scala:682)"])


def value(v, kind):
    """A value as json4s gives it: decimals lose digits, timestamps fractions, structs come with their schema."""
    if isinstance(v, Decimal):
        return float(v)
    if isinstance(v, float):
        return v if math.isfinite(v) else None
    if isinstance(v, (bytes, bytearray)):
        return [b - 256 if b > 127 else b for b in v]
    if isinstance(kind, dict) and v is not None:
        if kind["type"] == "struct":
            inner = [value(x, f["type"]) for x, f in zip(v, kind["fields"])]
            return {"schema": [{"name": f["name"], "dataType": {}} for f in kind["fields"]], "values": inner}
        if kind["type"] == "array":
            return [value(x, kind["elementType"]) for x in v]
        if kind["type"] == "map":
            return {str(k): value(x, kind["valueType"]) for k, x in v.items()}
    if kind == "timestamp" and v is not None:
        return v.strftime("%Y-%m-%dT%H:%M:%SZ")
    return v if v is None or isinstance(v, (bool, int, str)) else str(v)


class Magic(str):
    """A line that begins with a percent sign."""


def parts_of(code):
    """Code that Python does not understand as a whole may hold magic lines, which divide it."""
    try:
        return [ast.parse(code)]
    except SyntaxError:
        pass
    parts, plain = [], []

    def flush():
        if plain:
            parts.append(ast.parse("\n".join(plain)))
            plain.clear()

    for line in code.rstrip().split("\n"):
        if line.startswith("%"):
            flush()
            parts.append(Magic(line))
        else:
            plain.append(line)
    flush()
    return parts


def python(code):
    printed = io.StringIO()
    saved = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = printed
    data = {}
    try:
        for part in parts_of(code):
            data = magic(part) if isinstance(part, Magic) else execute(part)
    except BaseException as problem:
        lines = traceback.format_exception(type(problem), problem, problem.__traceback__, chain=False)
        return error(type(problem).__name__, str(problem), lines)
    finally:
        sys.stdout, sys.stderr = saved
    text = printed.getvalue().rstrip()
    if text or not data:
        data["text/plain"] = text
    return {"status": "ok", "data": data}


def execute(module):
    body, last = module.body[:-1], module.body[-1:]
    exec(compile(ast.Module(body, []), "<stdin>", "exec"), names)
    exec(compile(ast.Interactive(last), "<stdin>", "single"), names)
    return {}


def magic(line):
    word, _, name = line[1:].partition(" ")
    if word != "json":
        raise ValueError("unknown magic command '%s'" % word)
    if name not in names:
        # An answer within the answer, as Livy's shell gives it.
        content = dict(error("KeyError", repr(name), []))
        return {"msg_type": "execute_reply", "content": content}
    return {"application/json": json.loads(json.dumps(names[name]))}
