// What the shown traces have in common, counted: each value as a clause that narrows the query to it.
//
// A service, a status and an attribute are of spans: their clause is asked of the spans that matched, and those are counted.
// Without a query every span matches, and of it only what the list says of whole traces is known.

import type { SchemaTraceItem } from '../api/schema.d.ts'
import { literalOf } from './traceql/literal.ts'
import {
  attributesIn,
  clausesOf,
  comparisonIn,
  hasClause,
  withClause,
  withoutClause,
} from './traceql/query.ts'
import { quotedText, unquoted } from './traceql/quote.ts'

export interface FacetValue {
  label: string
  /** What the query gets; more than one for a band of durations. */
  clauses: readonly string[]
  /** The opposite; null where there is none in one clause. */
  negated: string | null
  /** Traces among those shown. */
  count: number
  state: 'off' | 'on' | 'negated'
}

export interface Facet {
  title: string
  /** What is counted, where it is not plain. */
  hint?: string
  values: FacetValue[]
}

const SERVICE = 'resource.service.name'
const SERVICE_NAME = 'service.name'

/** In milliseconds. */
const BANDS: readonly { label: string; from?: [number, string]; to?: [number, string] }[] = [
  { label: 'below 10 ms', to: [10, '10ms'] },
  { label: '10 to 100 ms', from: [10, '10ms'], to: [100, '100ms'] },
  { label: '100 ms to 1 s', from: [100, '100ms'], to: [1000, '1s'] },
  { label: '1 s to 10 s', from: [1000, '1s'], to: [10_000, '10s'] },
  { label: '10 s and more', from: [10_000, '10s'] },
]

export function facetsOf(traces: readonly SchemaTraceItem[], query: string): Facet[] {
  const facets = [
    facet('Service', SERVICE, query, counts(traces, servicesIn)),
    facet('Root operation', 'rootName', query, counts(traces, rootsIn)),
    facet('Status', 'status', query, counts(traces, statusesIn)),
    durations(traces, query),
    ...attributesIn(query)
      .filter(({ name }) => name !== SERVICE_NAME)
      .map(({ text, name }) =>
        facet(
          text,
          text,
          query,
          counts(traces, trace => valuesIn(trace, name)),
        ),
      ),
  ]
  return facets.filter(({ values }) => values.length > 0)
}

/** Literals of TraceQL and how many traces have each. */
type Counts = Map<string, number>

function counts(
  traces: readonly SchemaTraceItem[],
  literalsOf: (trace: SchemaTraceItem) => string[],
): Counts {
  const found: Counts = new Map()
  for (const trace of traces) {
    for (const literal of new Set(literalsOf(trace))) found.set(literal, (found.get(literal) ?? 0) + 1)
  }
  return found
}

const quotedNames = (names: (string | null | undefined)[]) =>
  names.filter(name => typeof name === 'string').map(quotedText)

/** Whether a trace was found by a query, and which of its spans matched is known. */
export const isMatched = ({ spans }: SchemaTraceItem) => spans != null

const servicesIn = ({ spans, services }: SchemaTraceItem) =>
  quotedNames(spans == null ? services.map(({ name }) => name) : spans.map(({ service }) => service))
const statusesIn = ({ spans, error_count }: SchemaTraceItem) =>
  spans == null ? (error_count > 0 ? ['error'] : []) : spans.map(({ status }) => status)
const rootsIn = ({ root_name }: SchemaTraceItem) => quotedNames([root_name])

function valuesIn({ spans }: SchemaTraceItem, key: string): string[] {
  const values = (spans ?? []).flatMap(({ attributes }) => attributes.filter(one => one.key === key))
  return values.map(({ value }) => literalOf(value)).filter(literal => literal !== null)
}

function facet(title: string, field: string, query: string, found: Counts): Facet {
  // What the query asks for stays in sight though nothing has it, so that it can be taken away.
  for (const clause of clausesOf(query)) {
    const asked = comparisonIn(clause)
    const isEquality =
      asked?.field === field && (asked.op === '=' || asked.op === '!=') && asked.value !== 'nil'
    if (isEquality && !found.has(asked.value)) found.set(asked.value, 0)
  }
  const values = [...found].map(([literal, count]) => valueOfFacet(field, literal, count, query))
  values.sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1))
  return { title, values }
}

function valueOfFacet(field: string, literal: string, count: number, query: string): FacetValue {
  const [clause, negated] = [`${field} = ${literal}`, `${field} != ${literal}`]
  const state = hasClause(query, clause) ? 'on' : hasClause(query, negated) ? 'negated' : 'off'
  return { label: unquoted(literal), clauses: [clause], negated, count, state }
}

function durations(traces: readonly SchemaTraceItem[], query: string): Facet {
  const values = BANDS.map(({ label, from, to }): FacetValue => {
    const clauses = [
      ...(from === undefined ? [] : [`traceDuration >= ${from[1]}`]),
      ...(to === undefined ? [] : [`traceDuration < ${to[1]}`]),
    ]
    const fits = ({ duration_ms }: SchemaTraceItem) =>
      duration_ms >= (from?.[0] ?? 0) && duration_ms < (to?.[0] ?? Number.POSITIVE_INFINITY)
    const isOn = clauses.every(clause => hasClause(query, clause))
    return { label, clauses, negated: null, count: traces.filter(fits).length, state: isOn ? 'on' : 'off' }
  })
  return {
    title: 'Duration of the trace',
    values: values.filter(({ count, state }) => count > 0 || state === 'on'),
  }
}

/** The query after a click on a value: added, or taken away again. */
export function toggledValue(query: string, value: FacetValue, isNegated: boolean): string {
  const without = [...value.clauses, ...(value.negated === null ? [] : [value.negated])].reduce(
    withoutClause,
    query,
  )
  const wanted = isNegated && value.negated !== null ? [value.negated] : value.clauses
  const isThere = value.state === (isNegated ? 'negated' : 'on')
  return isThere ? without : wanted.reduce(withClause, without)
}
