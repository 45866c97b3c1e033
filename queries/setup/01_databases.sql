-- The two databases of the pipeline: sources in `insurance`, results in `mart`.
CREATE DATABASE IF NOT EXISTS insurance;
CREATE DATABASE IF NOT EXISTS mart;
