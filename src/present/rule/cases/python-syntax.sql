---- found: a bracket without an end
-- 1.py
rows = [1, 2

---- found: no indentation
-- 1.py
if True:
print(1)

---- not found: what Python has had for long
-- 1.py
rows = [x for x in range(3) if (y := x) > 1]
print(f"{rows!r}")

---- not found: an empty file
-- 1.py
# nothing yet
