-- Python steps between SQL statements.

--! trap declared_step
-- A step that declares what it reads and writes is a write like any other.
--! row result 3_1 (2,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
CREATE TABLE d.u USING parquet AS SELECT 1 AS id;
--! file 1.sql
--! framed t_1
SELECT id FROM d.t;
--! framed t_1
SELECT k FROM d.t;
SELECT id FROM d.u;
--! file 2.py
# hoist: reads d.u; writes d.t
spark.table("d.u").selectExpr("id + 1 AS id", "'from python' AS k").write.insertInto("d.t", overwrite=True)
--! file 3.sql
--! framed t_2
SELECT id FROM d.t;
--! framed t_2
SELECT k FROM d.t;

--! trap undeclared_step
-- A step of which nothing is known may change everything.
--! row result 3_1 (2,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;
--! file 2.py
name = "".join(["d", ".", "t"])
getattr(spark.sql("SELECT 2 AS id, 'b' AS k").write, "insertInto")(name, overwrite=True)
--! file 3.sql
SELECT id FROM d.t;
SELECT k FROM d.t;

--! trap lazy_frame_across_files
-- A DataFrame that one file binds and a later one saves is read when it is saved, after the write between them.
--! row table d.saved (9,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;
--! file 2.py
df = spark.table("d.t").select("id")
--! file 3.sql
INSERT INTO d.t VALUES (9, 'z');
--! file 4.py
spark.catalog.refreshTable("d.t")
spark.table("d.t").select("id").write.saveAsTable("d.saved")
df.count()
--! file 5.sql
SELECT id FROM d.t;
SELECT k FROM d.t;

--! trap temporary_view_from_python
-- A temporary view that a step makes anew hides the table of its name.
--! row result 3_1 (2,)
--! setup
CREATE TABLE t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed
SELECT id FROM t;
--! framed
SELECT k FROM t;
--! file 2.py
# hoist: views t
spark.sql("SELECT 2 AS id, 'view' AS k").createOrReplaceTempView("t")
--! file 3.sql
SELECT id FROM t;
SELECT k FROM t;

--! trap python_function
-- A function registered by a step is not known to be deterministic.
--! row result 2_1 ('a!',)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.py
# hoist: reads d.t
spark.udf.register("shout", lambda text: text + "!")
--! file 2.sql
SELECT shout(k) AS s FROM d.t;
SELECT id FROM d.t WHERE shout(k) = 'a!';
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;

--! trap function_shadows_a_built_in
-- A function registered by a step takes the place of the deterministic one of its name; this one counts its calls.
--! row result 2_1 ('1',)
--! row result 2_2 ('2',)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
CREATE TABLE d.u USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.py
# hoist: reads d.t
import os
import tempfile

calls = os.path.join(tempfile.gettempdir(), "hoist-calls-%d" % os.getpid())
if os.path.exists(calls):
    os.remove(calls)

def count(text):
    with open(calls, "a") as file:
        file.write(".")
    return str(os.path.getsize(calls))

spark.udf.register("upper", count)
--! file 2.sql
--! raw
SELECT max(u) AS u FROM (SELECT DISTINCT upper(k) AS u FROM d.t) AS s;
--! raw
SELECT min(u) AS u FROM (SELECT DISTINCT upper(k) AS u FROM d.t) AS s;
--! framed
SELECT id FROM d.u;
--! framed
SELECT k FROM d.u;

--! trap function_of_a_computed_name
-- A step that registers a function whose name is computed may have registered any.
--! row result 2_1 ('1',)
--! row result 2_2 ('2',)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
CREATE TABLE d.u USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.py
# hoist: reads d.t
import os
import tempfile

calls = os.path.join(tempfile.gettempdir(), "hoist-calls-%d" % os.getpid())
if os.path.exists(calls):
    os.remove(calls)

def count(text):
    with open(calls, "a") as file:
        file.write(".")
    return str(os.path.getsize(calls))

spark.udf.register("".join(reversed("reppu")), count)
--! file 2.sql
--! raw
SELECT max(u) AS u FROM (SELECT DISTINCT upper(k) AS u FROM d.t) AS s;
--! raw
SELECT min(u) AS u FROM (SELECT DISTINCT upper(k) AS u FROM d.t) AS s;
--! framed
SELECT id FROM d.u;
--! framed
SELECT k FROM d.u;

--! trap setting_from_python
-- A step may change a setting; readers behind it read under the new one.
--! row result 3_1 (21,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, TIMESTAMP'2024-01-02 12:00:00' AS at;
--! file 1.sql
--! framed
SELECT hour(at) AS h FROM d.t;
--! framed
SELECT id FROM d.t;
--! file 2.py
spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
--! file 3.sql
SELECT hour(at) AS h FROM d.t;
SELECT id FROM d.t WHERE hour(at) = 21;

--! trap failing_python
-- A step that fails stops both runs at the same place.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;
--! file 2.py
--! fails ValueError
spark.sql("INSERT INTO d.t VALUES (2, 'b')"); raise ValueError("no")
--! file 3.sql
SELECT id FROM d.t;
