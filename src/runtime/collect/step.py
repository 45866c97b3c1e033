"""What Spark's status store says of the jobs since the last question, and of the frames in the cache; starts no job.

`hoist_vars["job"]` is the first job to look at, `hoist_vars["prefix"]` the beginning of the names of frames. Source: Spark's
AppStatusStore (`JobData`, `StageData`, `RDDStorageInfo`). An adaptive execution has a job for each of its stages; the stages
that a job has skipped are counted where they ran. Of a stage that was tried again the last attempt counts.
"""
MOST_JOBS = 500  # of one step: more would take longer to ask for than is worth it

context = spark.sparkContext._jsc.sc()
try:
    # Jobs reach the store through a queue.
    context.listenerBus().waitUntilEmpty()
except Exception:
    pass
store = context.statusStore()
first, end = int(hoist_vars["job"]), context.dagScheduler().numTotalJobs()


def busy_millis(spans):
    """Time in which at least one of the jobs ran."""
    total, until = 0, 0
    for start, stop in sorted(spans):
        total += max(0, stop - max(start, until))
        until = max(until, stop)
    return total


def work(jobs):
    sums = dict.fromkeys(
        ("cpu_micros", "read_bytes", "read_rows", "shuffle_bytes", "spill_bytes", "rows_written", "bytes_written"), 0
    )
    spans, seen = [], set()
    for number in jobs:
        job = store.job(number)
        if job.submissionTime().isDefined() and job.completionTime().isDefined():
            spans.append((job.submissionTime().get().getTime(), job.completionTime().get().getTime()))
        for stage_id in filter(None, job.stageIds().mkString(",").split(",")):
            if stage_id in seen:
                continue
            seen.add(stage_id)
            stage = store.lastStageAttempt(int(stage_id))
            if stage.status().toString() in ("SKIPPED", "PENDING"):
                continue
            sums["cpu_micros"] += stage.executorCpuTime() // 1000
            sums["read_bytes"] += stage.inputBytes()
            sums["read_rows"] += stage.inputRecords()
            sums["shuffle_bytes"] += stage.shuffleWriteBytes()
            sums["spill_bytes"] += stage.diskBytesSpilled()
            sums["rows_written"] += stage.outputRecords()
            sums["bytes_written"] += stage.outputBytes()
    sums["busy_micros"] = busy_millis(spans) * 1000
    return sums


def frames(prefix):
    """Parts and bytes of the frames of which something is in the cache."""
    found = {}
    cached = store.rddList(True).iterator()
    while cached.hasNext():
        rdd = cached.next()
        name = rdd.name()
        if name.startswith(prefix):
            found[name[len(prefix):]] = {
                "parts": rdd.numPartitions(),
                "held": rdd.numCachedPartitions(),
                "memory_bytes": rdd.memoryUsed(),
                "disk_bytes": rdd.diskUsed(),
            }
    return found


hoist_value = {"next_job": end, "frames": frames("In-memory table " + hoist_vars["prefix"])}
if end - first <= MOST_JOBS:
    hoist_value["work"] = work(range(first, end))
