"""Makes the state in which a pipeline begins. In: `hoist_vars["texts"]`, a JSON list of SQL texts."""
for text in json.loads(hoist_vars["texts"]):
    try:
        spark.sql(text)
    except Exception as error:
        raise RuntimeError("set-up: %s\n%s" % (text, error))
spark.sql("USE default")
hoist_value = None
