"""Reads a lake without Spanloom: the deltalake package opens the tables, DuckDB queries them through it.

    lake.py --lake DIR/lake/default SQL...
    lake.py --lake s3://BUCKET/PREFIX/default --tables spans,traces SQL...

Of a bucket, the tables are named, and what it takes to reach it is in the environment (`AWS_...`). Each SQL statement
names the tables as Spanloom does (`spans`, `traces`). Prints as JSON:
`{"tables": {name: {"version", "files", "rows", "partition_columns", "columns"}}, "answers": [[row...]...]}`; `rows` is
what pyarrow counts, DuckDB has no part in it.
"""

import argparse
import json
import pathlib
import sys

import duckdb
from deltalake import DeltaTable


def describe(table):
    return {
        "version": table.version(),
        "files": len(table.file_uris()),
        "rows": table.to_pyarrow_dataset().count_rows(),
        "partition_columns": table.metadata().partition_columns,
        "columns": [field.name for field in table.schema().fields],
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lake", required=True)
    arguments.add_argument("--tables", help="instead of all that are in a directory")
    arguments.add_argument("sql", nargs="*")
    args = arguments.parse_args()

    if args.tables:
        names = args.tables.split(",")
    else:
        names = [path.name for path in pathlib.Path(args.lake).iterdir() if (path / "_delta_log").is_dir()]
    tables = {name: DeltaTable(f"{args.lake}/{name}") for name in names}
    database = duckdb.connect()
    for name, table in tables.items():
        database.register(name, table.to_pyarrow_dataset())
    answers = [[list(row) for row in database.execute(sql).fetchall()] for sql in args.sql]
    json.dump({"tables": {name: describe(table) for name, table in tables.items()}, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
