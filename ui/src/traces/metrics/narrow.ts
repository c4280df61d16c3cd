// From what a chart shows to queries that find its spans.

import { type Label, labelText } from '../../api/metrics.ts'
import { literalOf } from '../traceql/literal.ts'
import type { MetricsPart } from '../traceql/metrics.ts'
import { withClause } from '../traceql/query.ts'
import { quotedText } from '../traceql/quote.ts'
import { intrinsicOf, NAMED_VALUES, withoutField } from '../traceql/words.ts'

/** `resource.service.name = "cart"`: what spans fulfil that a label was given for. */
export function clauseOf({ key, value }: Label): string {
  const text = labelText(value)
  // What is missing is counted as this text.
  if (text === 'nil') return withoutField(key)
  const intrinsic = intrinsicOf(key)
  if (intrinsic !== undefined && NAMED_VALUES[intrinsic.name]?.includes(text)) return `${key} = ${text}`
  return `${key} = ${literalOf(value) ?? quotedText(text)}`
}

/** The search for the spans of a series; null where it is arithmetic of several. */
export function searchOf({ spans }: MetricsPart, labels: readonly Label[]): string | null {
  return spans === null ? null : labels.map(clauseOf).reduce(withClause, spans)
}

/** The same metrics of fewer spans. */
export function narrowed(query: string, { spans }: MetricsPart, clause: string): string | null {
  if (spans === null) return null
  const rest = query.slice(query.indexOf(spans) + spans.length).trim()
  return `${withClause(spans, clause)} ${rest}`
}

/** Of `compare`: the spans that it selects among the others. */
export function selectionOf({ spans, argument }: MetricsPart, labels: readonly Label[] = []): string | null {
  const [, condition = ''] = /^\{([\s\S]*)\}$/.exec(argument) ?? []
  if (spans === null) return null
  const clauses = [...(condition.trim() === '' ? [] : [grouped(condition.trim())]), ...labels.map(clauseOf)]
  return clauses.reduce(withClause, spans)
}

const grouped = (condition: string) => (condition.includes('||') ? `(${condition})` : condition)
