// What is shown as a file.

import type { SchemaTraceItem } from '../api/schema.d.ts'
import { millisecondsOf, parseMoment } from '../ui/units.ts'

const COLUMNS: readonly [name: string, of: (trace: SchemaTraceItem) => string | number][] = [
  ['trace_id', trace => trace.trace_id],
  ['start', trace => startOf(trace)],
  ['duration_ms', trace => trace.duration_ms],
  ['root_service', trace => trace.root_service ?? ''],
  ['root_name', trace => trace.root_name ?? ''],
  ['spans', trace => trace.span_count],
  ['matched', trace => trace.matched ?? ''],
  ['errors', trace => trace.error_count],
  ['services', trace => trace.services.map(({ name }) => name ?? '').join(' ')],
]

function startOf(trace: SchemaTraceItem): string {
  const moment = parseMoment(trace.start_time_unix_nano)
  return moment === null ? '' : new Date(millisecondsOf(moment)).toISOString()
}

/** RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe. */
export function csvOf(traces: readonly SchemaTraceItem[]): string {
  const head = COLUMNS.map(([name]) => name).join(',')
  const lines = traces.map(trace => COLUMNS.map(([, of]) => cellOf(of(trace))).join(','))
  return [head, ...lines].map(line => `${line}\r\n`).join('')
}

export function cellOf(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** Lets the browser keep a text as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
