"""Agent of the local engine: holds one Spark session and runs statements given as JSON lines.

Requests come on the original stdin, answers go to the original stdout; both are moved away first, so that whatever
Spark, Java or a user's code prints goes to the log. Each request has an `id` and an `op`; each answer repeats the id
and has either `ok` or `error`. When the requests end, the agent ends Spark, removes the scratch folders and ends
itself, so nothing outlives the process that started it.

What a statement gives and how it fails is in `statement.py`, whose text precedes this one.
Runs on Python 3.9 and later with pyspark 3.3 and later; needs nothing else.
"""

import os
import sys

REQUESTS = os.fdopen(os.dup(0), "r", encoding="utf-8", newline="\n")
ANSWERS = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
_null = os.open(os.devnull, os.O_RDONLY)
os.dup2(_null, 0)
os.close(_null)
os.dup2(2, 1)

import ctypes
import fcntl
import json
import linecache
import queue
import shutil
import signal
import tempfile
import threading
import time
import traceback
import types

PRINTED_LIMIT = 1 << 20  # characters of a statement's prints that are kept
ORDERLY_END_SECONDS = 10.0  # how long Spark may take to stop
LOCK_SECONDS = 30.0  # how long an agent whose parent was killed may take to end

# Settings that Java must know when it starts; the others are given to the session, so that secrets among them do not
# show in the list of processes.
LAUNCH_PREFIXES = ("spark.driver.", "spark.jars", "spark.files", "spark.archives", "spark.master")

_answer_lock = threading.Lock()
_local = threading.local()


class Cancelled(BaseException):
    """Raised inside a Python statement that was cancelled."""


def answer(message):
    line = json.dumps(message, ensure_ascii=False, allow_nan=False, default=str)
    with _answer_lock:
        try:
            ANSWERS.write(line + "\n")
            ANSWERS.flush()
        except (OSError, ValueError):
            pass  # nobody listens any more; the end of the requests follows


class Printed:
    """A text stream that keeps what the statement of the calling thread prints, and logs everything."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, log):
        self._log = log

    def write(self, text):
        task = getattr(_local, "task", None)
        if task is not None:
            task.keep(text)
        self._log.write(text)
        return len(text)

    def flush(self):
        self._log.flush()

    def isatty(self):
        return False

    def writable(self):
        return True

    def fileno(self):
        return self._log.fileno()


class Task:
    """A statement given to the agent."""

    def __init__(self, request):
        self.request = request
        self.number = request["submission"]
        self.description = "hoist:" + request["label"]
        self.group = "%s:%d" % (self.description, self.number)
        self.printed = []
        self.printed_size = 0
        self.cancelled = False
        self.thread_id = None  # while the user's Python code runs
        self.guard = threading.Lock()
        self.result = None  # the final state, once there is one
        self.ended_jobs = {}

    def keep(self, text):
        room = PRINTED_LIMIT - self.printed_size
        if room > 0:
            self.printed.append(text[:room])
            self.printed_size += len(text)
            if self.printed_size > PRINTED_LIMIT:
                self.printed.append("\n(further output is in the log)\n")

    def stdout(self):
        return "".join(self.printed)


class Session:
    """The Spark session and the statements running in it."""

    def __init__(self):
        self.spark = None
        self.gateway = None
        self.tasks = {}
        self.scratch = []
        self.lock_file = None
        self.folders = set()
        self.module = types.ModuleType("__main__")

    # Opening

    def open(self, request):
        self.scratch = request["scratch"]
        self.lock_file = open(request["lock"], "a")
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(self.lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise RuntimeError("the previous session on this folder has not ended")
                time.sleep(0.05)

        from pyspark import SparkConf
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession

        conf = request["conf"]
        launch = SparkConf(loadDefaults=False)
        for key, value in conf.items():
            if key.startswith(LAUNCH_PREFIXES):
                launch.set(key, value)
        tempfile.tempdir = request["temp"]
        self.gateway = launch_gateway(launch)
        tempfile.tempdir = None
        from pyspark import SparkContext

        SparkContext._ensure_initialized(gateway=self.gateway)
        builder = SparkSession.builder
        for key, value in conf.items():
            builder = builder.config(key, value)
        self.spark = builder.getOrCreate()
        context = self.spark.sparkContext
        # A first catalog look-up opens the metastore, so that a broken or busy one is reported here.
        self.spark.catalog.currentDatabase()

        names = self.module.__dict__
        names["spark"] = self.spark
        names["hoist_vars"] = {}
        # Functions and classes of the user's steps belong to `__main__`, so Spark ships them by value.
        sys.modules["__main__"] = self.module

        memory = context._jsc.sc().getExecutorMemoryStatus()
        entries = memory.valuesIterator()
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

    def java_ended(self):
        process = getattr(self.gateway, "proc", None)
        return process is not None and process.poll() is not None

    # Statements

    def submit(self, request):
        from pyspark import InheritableThread

        task = Task(request)
        self.tasks[task.number] = task
        InheritableThread(target=self.run, args=(task,), daemon=True).start()
        return {}

    def run(self, task):
        started = time.monotonic()
        context = self.spark.sparkContext
        output = {}
        try:
            try:
                _local.task = task
                session = context._jvm.org.apache.spark.sql.SparkSession
                session.setActiveSession(self.spark._jsparkSession)
                context.setJobGroup(task.group, task.description, True)
                if task.cancelled:
                    raise Cancelled()
                if task.request["language"] == "sql":
                    output = self.run_sql(task)
                else:
                    output = self.run_python(task)
                result = {"state": "done"}
            finally:
                # From here on no cancellation is thrown into this thread.
                with task.guard:
                    task.thread_id = None
                _local.task = None
        except Cancelled:
            result = {"state": "cancelled"}
        except BaseException as error:
            if task.cancelled:
                result = {"state": "cancelled"}
            elif self.java_ended():
                result = {"state": "lost"}
            else:
                result = dict(describe(error, source_name(task.request)), state="failed")
                sys.stderr.write(result["trace"] + "\n")
        try:
            for key in ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel"):
                context.setLocalProperty(key, None)
        except Exception:
            pass  # Java has ended; the state says so
        result.update(output)
        result["stdout"] = task.stdout()
        result["elapsed_micros"] = int((time.monotonic() - started) * 1e6)
        task.result = result

    def run_python(self, task):
        request = task.request
        value = request["want"]["kind"] == "value"
        if value:
            names = {"__name__": "hoist", "spark": self.spark, "json": json, "hoist_labels": {}}
        else:
            names = self.module.__dict__
            names["spark"] = self.spark
        names["hoist_vars"] = dict(request["variables"])
        file = source_name(request)
        if request["file"]:
            self.add_folder(os.path.dirname(os.path.abspath(request["file"])))
        text = request["text"]
        # Tracebacks show the text that runs, also where the file has changed meanwhile.
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        code = compile(text, file, "exec")
        with task.guard:
            task.thread_id = threading.get_ident()
        if task.cancelled:
            raise Cancelled()
        exec(code, names)
        if not value:
            return {}
        if "hoist_value" not in names:
            raise NameError("the text does not bind `hoist_value`")
        return {"value": json_value(names["hoist_value"])}

    def add_folder(self, folder):
        if folder in self.folders:
            return
        self.folders.add(folder)
        sys.path.insert(0, folder)
        # Python workers import the user's modules as well.
        environment = self.spark.sparkContext.environment
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = folder if not known else folder + os.pathsep + known

    def run_sql(self, task):
        return run_query(self.spark, task.request["text"], task.request["want"])

    def poll(self, request):
        for number in request["forget"]:
            self.tasks.pop(number, None)
        task = self.tasks.get(request["submission"])
        if task is None:
            return {"state": "unknown"}
        if task.result is not None:
            return task.result
        if self.java_ended():
            return {"state": "lost"}
        if task.cancelled:
            self.stop_jobs(task)  # it may have started another job since
        return dict(self.progress(task), state="running")

    def progress(self, task):
        context = self.spark.sparkContext
        done = total = active = jobs_done = 0
        try:
            store = context._jsc.sc().statusStore()
            for job_id in context.statusTracker().getJobIdsForGroup(task.group):
                counts = task.ended_jobs.get(job_id)
                if counts is None:
                    job = store.job(job_id)
                    finished = job.numCompletedTasks() + job.numSkippedTasks()
                    counts = (finished, job.numTasks(), job.numActiveTasks(), 0)
                    if job.status().toString() != "RUNNING":
                        # Stages that an ended job skipped are no work left to do.
                        counts = (finished, finished, 0, 1)
                        task.ended_jobs[job_id] = counts
                done += counts[0]
                total += max(counts[0], counts[1])
                active += counts[2]
                jobs_done += counts[3]
        except Exception:
            pass  # a job was evicted from the store, or is not in it yet; the next poll knows more
        return {
            "tasks_done": done,
            "tasks_total": total,
            "tasks_active": active,
            "jobs_done": jobs_done,
        }

    def cancel(self, request):
        task = self.tasks.get(request["submission"])
        if task is None or task.result is not None:
            return {}
        task.cancelled = True
        self.stop_jobs(task)
        with task.guard:
            if task.thread_id is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(task.thread_id), ctypes.py_object(Cancelled)
                )
                task.thread_id = None
        return {}

    def stop_jobs(self, task):
        try:
            self.spark.sparkContext.cancelJobGroup(task.group)
        except Exception:
            if not self.java_ended():
                raise

    # Ending

    def end(self):
        """Ends Spark and Java and removes the scratch folders."""
        stopper = threading.Thread(target=self.stop, daemon=True)
        stopper.start()
        stopper.join(ORDERLY_END_SECONDS)
        process = getattr(self.gateway, "proc", None)
        if process is not None:
            try:
                process.stdin.close()  # Java ends when its stdin does
                process.wait(ORDERLY_END_SECONDS / 2)
            except Exception:
                process.kill()
                process.wait()
        for folder in self.scratch:
            shutil.rmtree(folder, ignore_errors=True)

    def stop(self):
        if self.spark is not None:
            try:
                for task in list(self.tasks.values()):
                    task.cancelled = True
                self.spark.sparkContext.cancelAllJobs()
                self.spark.stop()
            except BaseException:
                traceback.print_exc()


def serve(session):
    """Answers requests in order, on a thread of its own so that the end of the requests is always noticed."""
    while True:
        request = WAITING.get()
        number, op = request["id"], request["op"]
        try:
            if op == "close":
                session.end()
                answer({"id": number, "ok": {}})
                os._exit(0)
            answer({"id": number, "ok": getattr(session, op)(request)})
        except BaseException as error:
            if session.gateway is not None:
                traceback.print_exc()  # otherwise Java's own last words shall be the last in the log
            answer({"id": number, "error": describe(error, source_name({"label": op, "file": None}))})


WAITING = queue.Queue()


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the engine decides what an interrupt means
    sys.stdout = Printed(os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1))
    session = Session()
    threading.Thread(target=serve, args=(session,), daemon=True).start()
    orderly = False
    for line in REQUESTS:
        request = json.loads(line)
        orderly = request["op"] == "close"
        WAITING.put(request)
    if orderly:
        time.sleep(3 * ORDERLY_END_SECONDS)  # `serve` ends the process
    elif session.spark is not None:
        session.end()
    for folder in session.scratch:
        shutil.rmtree(folder, ignore_errors=True)
    # Takes Java along wherever it is still starting or does not obey.
    os.killpg(0, signal.SIGKILL)


main()
