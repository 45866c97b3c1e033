"""The session's catalog, for the embedded texts that ask it: this text precedes theirs."""
import re

sc = spark.sparkContext
jvm = sc._jvm
catalog = spark._jsparkSession.sessionState().catalog()
# A name in a plan; a part with other characters than these stands in backquotes.
PLAN_NAME = r"(?:`(?:[^`]|``)+`|\w+)(?:\.(?:`(?:[^`]|``)+`|\w+))+"


def option(value):
    return value.get() if value.isDefined() else None


def to_list(scala_sequence):
    return [scala_sequence.apply(i) for i in range(scala_sequence.size())]


def to_dict(scala_map):
    pairs = scala_map.iterator()
    result = {}
    while pairs.hasNext():
        pair = pairs.next()
        result[pair._1()] = pair._2()
    return result


def quote(database, table):
    return "`%s`.`%s`" % (database.replace("`", "``"), table.replace("`", "``"))


def canonical(name):
    """Lower-case, without backquotes and without the name of Spark's own catalog."""
    name = name.replace("``", "\0").replace("`", "").replace("\0", "`").lower()
    return name[len("spark_catalog."):] if name.startswith("spark_catalog.") else name


def depends_on(quoted):
    """Canonical names of the tables and views anywhere below a view, itself included, from its analysed plan."""
    plan = spark.table(quoted)._jdf.queryExecution().analyzed().toString()
    return {canonical(name) for name in re.findall(r"SubqueryAlias (%s)" % PLAN_NAME, plan)}
