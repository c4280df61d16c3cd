// A trace in columns, as the API gives it: what is drawn of every span, without attributes.

import type {
  SchemaCutRow,
  SchemaEventColumns,
  SchemaRowColumns,
  SchemaServiceRef,
  SchemaSpanColumns,
  SchemaSpanMatches,
  SchemaTopRow,
} from './schema.d.ts'

export type SpanColumns = SchemaSpanColumns
export type ServiceItem = SchemaServiceRef
export type RowColumns = SchemaRowColumns
export type TopItem = SchemaTopRow
export type EventColumns = SchemaEventColumns
export type CutItem = SchemaCutRow
export type SpanMatches = SchemaSpanMatches

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
