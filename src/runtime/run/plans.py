"""Executed plans of the SQL executions whose description starts with `hoist:` and `hoist_vars["prefix"]`.

Source: Spark's SQLAppStatusStore; its `physicalPlanDescription` is replaced by the final plan when an adaptive
execution ends.
"""
try:
    # Executions reach the store through a queue.
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
except Exception:
    pass

start = "hoist:" + hoist_vars["prefix"]
executions = spark._jsparkSession.sharedState().statusStore().executionsList().iterator()
hoist_value = []
while executions.hasNext():
    execution = executions.next()
    description = execution.description() or ""
    description = hoist_labels.get(description, description)
    if description.startswith(start):
        hoist_value.append({
            "label": description[len("hoist:"):],
            "text": execution.physicalPlanDescription(),
        })
