// Which clause leaves nothing: each is asked alone, and all but each.

import type { Finds } from '../../api/queries-search.ts'
import { filterOf } from '../traceql/query.ts'

/** Clauses that are tried, and so half the questions that are asked at the most. */
export const CLAUSES_MAX = 6

export interface Trial {
  clause: string
  /** The query of this clause alone, and of all but it. */
  alone: string
  without: string
}

export function trialsOf(clauses: readonly string[]): Trial[] {
  if (clauses.length < 2 || clauses.length > CLAUSES_MAX) return []
  return clauses.map(clause => ({
    clause,
    alone: filterOf([clause]),
    without: filterOf(clauses.filter(other => other !== clause)),
  }))
}

/** The questions that are asked. */
export function queriesOf(trials: readonly Trial[]): string[] {
  return [...new Set(trials.flatMap(({ alone, without }) => [alone, without]))]
}

/** In one sentence, where one can be said. With a service only traces in which it has a span were searched. */
export function conclusion(
  trials: readonly Trial[],
  found: Readonly<Record<string, Finds>>,
  service: string | undefined,
): string | null {
  const [span, traces] =
    service === undefined ? ['span', 'traces'] : [`span in traces with ${service}`, `traces with ${service}`]
  const barren = trials.filter(({ alone }) => found[alone] === 'none')
  if (barren.length === 1) return `No ${span} fulfils \`${barren[0]?.clause}\`.`
  if (barren.length > 1) return `${barren.length} of the clauses are fulfilled by no ${span}.`
  const isAllKnown = trials.every(
    ({ alone, without }) => found[alone] !== undefined && found[without] !== undefined,
  )
  if (!isAllKnown) return null
  const decisive = trials.filter(({ without }) => found[without] === 'some')
  if (decisive.length === 1) return `Without \`${decisive[0]?.clause}\` there are ${traces}.`
  return trials.every(({ alone }) => found[alone] === 'some')
    ? `Each clause is fulfilled by some ${span}, but no span fulfils all of them.`
    : 'Not every clause could be searched for in the time that a search may take.'
}
