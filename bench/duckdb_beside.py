#!/usr/bin/env python3
"""What DuckDB takes for the same questions on the same Parquet files.

    bench/duckdb_beside.py DIRECTORY [--json FILE]

DIRECTORY is one that `spanloom-bench-traces --keep` has filled and no server runs in. Needs the package `duckdb`. CPU and wall are
milliseconds of the median of seven times, by the process's own clock; the first time is left out. DuckDB is given the files that
the Delta log names, their rows and footers as they are, and as many threads as there are cores.
"""

import argparse
import json
import os
import pathlib
import statistics
import time

import duckdb

HOUR_NS = 3_600_000_000_000
TIMES = 7


def live(table: pathlib.Path) -> list[str]:
    """The files of a Delta table, by all commits in its log."""
    files: dict[str, None] = {}
    for commit in sorted((table / "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                files[action["add"]["path"]] = None
            if "remove" in action:
                files.pop(action["remove"]["path"], None)
    return [str(table / path) for path in files]


def views(connection: duckdb.DuckDBPyConnection, lake: pathlib.Path) -> None:
    for table in sorted(path for path in lake.iterdir() if path.is_dir()):
        if files := live(table):
            connection.execute(f"create view {table.name} as select * from read_parquet({files!r}, hive_partitioning = true)")


def questions(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Questions by name, as texts; what they look for is taken from the spans themselves."""

    def one(sql: str):
        return connection.execute(sql).fetchone()

    (end_ns,) = one("select max(start_ns) from spans")
    hour = f"start_ns between {end_ns - HOUR_NS} and {end_ns}"
    window = f"window_ns between {end_ns - HOUR_NS} and {end_ns}"
    (service,) = one(f"select service_name from spans where {hour} group by 1 order by count(*) desc limit 1")
    (request,) = one(f"select guid_x_request_id from spans where {hour} and guid_x_request_id is not null limit 1")
    high, low = one(f"select trace_hi, trace_lo from spans where {hour} limit 1")
    newest = f"select trace_hi, trace_lo, min(start_ns) as start from spans where {hour} and %s group by 1, 2 order by 3 desc limit 20"
    return {
        "service and status": newest % f"service_name = '{service}' and status_code = 2",
        "slow spans of a service": newest % f"service_name = '{service}' and duration_ns > 200000000",
        "rare attribute": newest % f"guid_x_request_id = '{request}'",
        "values of service.name": f"select distinct value from attributes where key = 'service.name' and {hour}",
        "a trace": f"select * from spans where trace_lo = {low} and trace_hi = {high}",
        "requests, errors, durations by SQL": "select service_name, name, count(*), sum(case when status_code = 2 then 1 else 0 end), "
        f"avg(duration_ns) from spans where {hour} group by 1, 2",
        "the same out of `operations`": f"select service, operation, sum(count), sum(errors) from operations where {window} group by 1, 2",
        "graph": "select source_service, target_service, observer, evidence, sum(requests), sum(errors_status) "
        f"from edges where {window} group by all",
    }


def measure(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[float, float, int]:
    cpu, wall, rows = [], [], 0
    for _ in range(TIMES + 1):
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        rows = len(connection.execute(sql).fetchall())
        cpu.append((time.process_time() - cpu_s) * 1e3)
        wall.append((time.perf_counter() - wall_s) * 1e3)
    return statistics.median(cpu[1:]), statistics.median(wall[1:]), rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    lake = arguments.directory / "data" / "lake" / "default"
    if not lake.is_dir():
        parser.error(f"there is no {lake}")
    connection = duckdb.connect()
    connection.execute(f"set threads = {os.cpu_count()}")
    # What DuckDB may keep of files from one question to the next.
    connection.execute("set parquet_metadata_cache = true")
    views(connection, lake)
    answers = []
    print(f"DuckDB {duckdb.__version__}\n  {'question, 1 h':<38} {'CPU ms':>8} {'wall ms':>8} {'rows':>8}")
    for name, sql in questions(connection).items():
        cpu_ms, wall_ms, rows = measure(connection, sql)
        answers.append({"name": name, "cpu_ms": cpu_ms, "wall_ms": wall_ms, "rows": rows})
        print(f"  {name:<38} {cpu_ms:>8.1f} {wall_ms:>8.1f} {rows:>8}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(answers, indent=2))


if __name__ == "__main__":
    main()
