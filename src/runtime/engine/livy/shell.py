"""What hoist puts into the Python shell of a Livy session, once, as the module `hoist_session`.

Statements of kind `pyspark` call `run` with a request (base64 of JSON, so that no text of the user meets Livy's magic
lines) and give its answer back with `%json`. The text of `statement.py` precedes this one.
"""

import base64
import contextlib
import io
import linecache
import os
import sys
import time

PRINTED_LIMIT = 1 << 20  # characters of a statement's prints that are kept

_names = None  # the namespace of the shell's own statements, in which the user's steps run
_answers = {}  # of the last submissions, so that one that arrives twice is not run twice
_folders = set()


class Printed(io.StringIO):
    """Keeps the first part of what a statement prints."""

    def __init__(self):
        super().__init__()
        self.room = PRINTED_LIMIT

    def write(self, text):
        if self.room > 0:
            super().write(text[: self.room])
            self.room -= len(text)
            if self.room <= 0:
                super().write("\n(further output was left out)\n")
        return len(text)


def start(names):
    """Takes over the shell's namespace and says what the session is."""
    global _names
    _names = names
    # Functions and classes of the user's steps belong to `__main__`, so Spark ships them by value.
    names["__name__"] = "__main__"
    names["hoist_vars"] = {}
    spark = names["spark"]
    context = spark.sparkContext
    entries = context._jsc.sc().getExecutorMemoryStatus().valuesIterator()
    storage = 0
    while entries.hasNext():
        storage += entries.next()._1()
    return {
        "id": context.applicationId,
        "spark_version": context.version,
        "python_version": "%d.%d.%d" % sys.version_info[:3],
        "java_version": context._jvm.java.lang.System.getProperty("java.version"),
        "master": context.master,
        "storage_memory_bytes": storage,
        "cores": context.defaultParallelism,
    }


def run(encoded):
    request = json.loads(base64.b64decode(encoded).decode("utf-8"))
    number = request["submission"]
    if number not in _answers:
        _answers[number] = None
        _answers[number] = answer(request)
        for old in sorted(_answers)[:-20]:
            del _answers[old]
    return _answers[number]


def answer(request):
    spark = _names["spark"]
    started = time.monotonic()
    printed = Printed()
    try:
        # Livy has set the job group; only the description is ours.
        spark.sparkContext.setLocalProperty("spark.job.description", "hoist:" + request["label"])
        with contextlib.redirect_stdout(printed):
            if request["language"] == "sql":
                result = run_query(spark, request["text"], request["want"])
            else:
                result = run_python(spark, request)
        result["state"] = "done"
        result = json_value(result)
    except BaseException as error:
        result = dict(describe(error, source_name(request)), state="failed")
    result["stdout"] = printed.getvalue()
    result["elapsed_micros"] = int((time.monotonic() - started) * 1e6)
    return result


def run_python(spark, request):
    value = request["want"]["kind"] == "value"
    if value:
        names = {"__name__": "hoist", "spark": spark, "json": json}
        names["hoist_labels"] = request["labels"]
    else:
        names = _names
    names["hoist_vars"] = dict(request["variables"])
    file = source_name(request)
    if request["file"]:
        add_folder(os.path.dirname(os.path.abspath(request["file"])))
    text = request["text"]
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    exec(compile(text, file, "exec"), names)
    if not value:
        return {}
    if "hoist_value" not in names:
        raise NameError("the text does not bind `hoist_value`")
    return {"value": json_value(names["hoist_value"])}


def add_folder(folder):
    """The pipeline's folder, where the driver sees it."""
    if folder not in _folders and os.path.isdir(folder):
        _folders.add(folder)
        sys.path.insert(0, folder)
        environment = _names["spark"].sparkContext.environment
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = folder if not known else folder + os.pathsep + known
