// Traces for tests, a line per span.

import { wholeOf } from '../../mock/columns.ts'
import { joined, ofService, otlpSpan, type SpanFields, spanId, traceId } from '../../mock/otlp.ts'
import { readTrace as readSent, type Trace as SentTrace } from '../../mock/span.ts'
import type { SchemaTracesData } from '../api/schema.d.ts'
import { readTrace, type Trace } from '../trace/columns.ts'

export const START = 1_700_000_000_000_000_000n
const ID = traceId(7)

export interface Line {
  id: number
  name?: string
  parent?: number
  service?: string | null
  /** Nanoseconds from the start of the trace; null: absent. */
  start?: number | null
  end?: number | null
  kind?: NonNullable<SpanFields['kind']>
  error?: string
}

/** A trace of these spans, each of which came by itself. By default a span is a nanosecond long and starts with its id. */
export function traceOf(lines: Line[]): Trace {
  return readAll(dataOf(lines))
}

/** All of a trace, as the page has it. */
export function readAll(data: SchemaTracesData): Trace {
  return readTrace(wholeOf(ID, data))
}

/** The same as the server has it. */
export function sentTraceOf(lines: Line[]): SentTrace {
  return readSent(dataOf(lines))
}

export function dataOf(lines: Line[]): SchemaTracesData {
  return joined(
    lines.map(line => ofService(line.service === undefined ? 'shop' : line.service, [spanOf(line)])),
  )
}

function spanOf(line: Line) {
  const {
    id,
    name = `span ${line.id}`,
    parent,
    start = line.id,
    end = start === null ? null : start + 1,
    kind,
    error,
  } = line
  const moment = (offset: number | null) => (offset === null ? undefined : START + BigInt(offset))
  return otlpSpan(ID, spanId(id), name, {
    start: moment(start),
    end: moment(end),
    ...(parent === undefined ? {} : { parent: spanId(parent) }),
    ...(kind === undefined ? {} : { kind }),
    ...(error === undefined ? {} : { error }),
  })
}

export { spanId }
