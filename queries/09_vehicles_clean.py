# hoist: reads insurance.vehicles; writes mart.vehicles_clean
# Clean vehicles: one row per vehicle with one spelling per make and an age at the report date.
from pyspark.sql import functions as F

MAKES = {
    "vw": "Volkswagen",
    "v.w.": "Volkswagen",
    "volkswagen": "Volkswagen",
    "b.m.w.": "BMW",
    "bmw": "BMW",
    "mb": "Mercedes-Benz",
    "mercedes": "Mercedes-Benz",
    "mercedes-benz": "Mercedes-Benz",
    "škoda": "Skoda",
    "skoda": "Skoda",
    "toyota": "Toyota",
    "hyundaj": "Hyundai",
}

# Load.
vehicles = spark.table("insurance.vehicles")

# Process: look up the lower-case spelling, keep the make as typed where the dictionary does not know it.
pairs = [F.lit(text) for pair in sorted(MAKES.items()) for text in pair]
spelling = F.lower(F.trim(F.col("make")))
report_year = int(hoist_vars["report_date"][:4])
clean = vehicles.select(
    "vehicle_id",
    F.coalesce(F.create_map(*pairs)[spelling], F.trim(F.col("make"))).alias("make"),
    "model",
    "body_type",
    (F.lit(report_year) - F.col("model_year")).alias("vehicle_age"),
    "new_value",
    F.coalesce(F.col("mileage_km"), F.lit(0)).alias("mileage_km"),
    "has_tracker",
)

# Save: by position, into the table that the set-up declares.
clean.write.mode("overwrite").insertInto("mart.vehicles_clean")
