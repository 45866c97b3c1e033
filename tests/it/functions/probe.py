# What Spark itself says of its built-in functions, one tab-separated line each, sorted by name:
# name, class, group, since, behaviour. No job runs: only classes are looked at.
#
# behaviour: `varies` where the class is Nondeterministic or replaced per query (current time, user, catalog); `declared` where
# it has a rule of its own for whether it is deterministic; `plain` where it is deterministic if its arguments are.


def _behaviours():
    jvm = spark._jvm
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()

    def find(name):
        try:
            return jvm.java.lang.Class.forName(name, False, loader)
        except Exception:
            return None

    expressions = "org.apache.spark.sql.catalyst.expressions."
    varying = [
        find(expressions + name)
        for name in (
            "Nondeterministic",
            "CurrentTimestampLike",
            "CurrentDate",
            "CurrentTime",
            "LocalTimestamp",
            "CurrentDatabase",
            "CurrentCatalog",
            "CurrentUser",
        )
    ]
    varying = [trait for trait in varying if trait is not None]
    catalog = spark._jsparkSession.sessionState().catalog()
    identifier = jvm.org.apache.spark.sql.catalyst.FunctionIdentifier
    lines = []
    names = [row[0] for row in spark.sql("SHOW SYSTEM FUNCTIONS").collect()]
    for name in sorted(set(names)):
        try:
            info = catalog.lookupFunctionInfo(identifier(name))
        except Exception:
            # Operators that only the parser knows.
            lines.append("\t".join([name, "-", "-", "-", "plain"]))
            continue
        implementation = info.getClassName() or "-"
        kind = find(implementation)
        behaviour = "plain"
        if kind is not None and any(trait.isAssignableFrom(kind) for trait in varying):
            behaviour = "varies"
        elif kind is not None and _declares(kind):
            behaviour = "declared"
        lines.append(
            "\t".join([name, implementation, info.getGroup() or "-", info.getSince() or "-", behaviour])
        )
    return lines


def _declares(kind):
    """Whether a class has its own `deterministic`, not one that a trait mixed into it."""
    try:
        kind.getDeclaredField("deterministic")
    except Exception:
        try:
            method = kind.getMethod("deterministic", None)
        except Exception:
            return False
        declaring = method.getDeclaringClass().getName()
        return not declaring.endswith((".Expression", ".RuntimeReplaceable"))
    return True


hoist_value = {"version": spark.version, "functions": _behaviours()}
