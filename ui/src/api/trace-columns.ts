// A trace in columns, as the API gives it: what is drawn of every span, without attributes. To be had from the server's own
// description as soon as that has it: then these are `SchemaSpanColumns` and `SchemaSpanMatches`, and the paths are in `paths`.

import type { SchemaRootReason, SchemaTracesData } from './schema.d.ts'

export interface SpanColumns {
  trace_id: string
  start_time_unix_nano: string
  duration_ns: number
  /** These three are of the whole trace, whatever of it is in the answer. */
  span_count: number
  error_count: number
  depth: number
  services: ServiceItem[]
  operations: {
    /** Places in `services`. */
    service: number[]
    name: string[]
    /** OTLP's numbers. */
    kind: number[]
  }
  rows: RowColumns
  tops: TopItem[]
  /** The first of each span. */
  events: EventColumns
  /** What is not in the answer. */
  cut: CutItem[]
}

export interface ServiceItem {
  name: string | null
  namespace: string | null
}

/** In the order of the tree: parents before children, siblings by start. */
export interface RowColumns {
  /** 16 hexadecimal digits a row, one behind the other. */
  id: string
  /** Rows; -1 at the top. */
  parent: number[]
  operation: number[]
  /** From the start of the trace. */
  start_ns: number[]
  duration_ns: number[]
  flags: number[]
}

export interface TopItem {
  row: number
  reason: SchemaRootReason
  /** Of the parent that did not come. */
  parent_span_id: string | null
}

export interface EventColumns {
  row: number[]
  /** From the start of the trace. */
  at_ns: number[]
  /** Places in `names`. */
  name: number[]
  names: string[]
}

/** Spans below a row that are not in the answer, at all levels. */
export interface CutItem {
  /** -1: tops that are not in the answer, with all that is below them. */
  row: number
  span_count: number
  error_count: number
  /** How many of its children are in the answer: the first ones. */
  skip: number
}

/** What a row's `flags` are made of. */
export const ROW_FLAGS = {
  ok: 1,
  error: 2,
  noStart: 4,
  noEnd: 8,
  endsBeforeItStarts: 16,
  hasEvents: 32,
  hasLinks: 64,
  lostSomething: 128,
} as const

/** So many rows are in an answer at most. */
export const ROWS_MAX = 50_000

export interface SpanMatches {
  /** 16 hexadecimal digits a span, one behind the other, in the order of the tree. */
  id: string
  kind: number[]
  /** Of all, also of those that are not in the answer. */
  count: number
}

/** What is asked of a trace in columns. */
export interface ColumnsQuestion {
  /** Levels at most. */
  depth?: number
  /** Only this span and what is below it. */
  under?: string
  /** Tells Zipkin's halves apart, which share their id. */
  kind?: number
  /** Leaves out so many of its first children, or of the first tops. */
  skip?: number
}

interface Header {
  'X-Scope-OrgID'?: string
}

/** What can be asked beside the paths of the description. */
export interface TraceColumnsPaths {
  '/api/v1/traces/{id}/spans': {
    get: {
      parameters: { path: { id: string }; query?: ColumnsQuestion; header?: Header }
      responses: { 200: { content: { 'application/json': SpanColumns } } }
    }
  }
  '/api/v1/traces/{id}/spans/{span_id}': {
    get: {
      parameters: { path: { id: string; span_id: string }; header?: Header }
      responses: { 200: { content: { 'application/json': SchemaTracesData } } }
    }
  }
  '/api/v1/traces/{id}/matches': {
    get: {
      parameters: { path: { id: string }; query: { text: string }; header?: Header }
      responses: { 200: { content: { 'application/json': SpanMatches } } }
    }
  }
}
