// What of a graph is shown and what of it is found, by the expressions in the URL.

import type { SchemaGraph } from '../api/schema.d.ts'
import { type Matches, matchesIn } from '../find/evaluate.ts'
import { type Expression, type Mistake, parse } from '../find/parser.ts'

export interface Filtered {
  /** All of it. */
  whole: SchemaGraph
  /** Without what is hidden. */
  shown: SchemaGraph
  /** What is found among the shown; null without a question, or while there is a mistake in it. */
  found: Matches | null
}

export interface FilterSearch {
  find?: string | undefined
  hide?: string | undefined
}

export function filtered(whole: SchemaGraph, { find, hide }: FilterSearch): Filtered {
  const shown = without(whole, hide)
  const expression = expressionOf(find)
  if (expression === null) return { whole, shown, found: null }
  const { nodes, edges } = matchesIn(whole, expression)
  const among = (items: readonly { id: string }[], ids: ReadonlySet<string>) =>
    new Set(items.map(({ id }) => id).filter(id => ids.has(id)))
  return { whole, shown, found: { nodes: among(shown.nodes, nodes), edges: among(shown.edges, edges) } }
}

/** A node that is hidden takes its edges with it. */
function without(graph: SchemaGraph, hide: string | undefined): SchemaGraph {
  const expression = expressionOf(hide)
  if (expression === null) return graph
  const hidden = matchesIn(graph, expression)
  const nodes = graph.nodes.filter(({ id }) => !hidden.nodes.has(id))
  const left = new Set(nodes.map(({ id }) => id))
  const edges = graph.edges.filter(
    ({ id, source, target }) => !hidden.edges.has(id) && left.has(source) && left.has(target),
  )
  return { ...graph, nodes, edges }
}

/** All that is found, nodes and edges, as the drawing lights them up. */
export function litBy(found: Matches | null): ReadonlySet<string> | null {
  return found === null ? null : new Set([...found.nodes, ...found.edges])
}

function expressionOf(text: string | undefined): Expression | null {
  const parsed = parse(text ?? '')
  return parsed === undefined || 'mistake' in parsed ? null : parsed.expression
}

export function mistakeIn(text: string): Mistake | null {
  const parsed = parse(text)
  return parsed !== undefined && 'mistake' in parsed ? parsed.mistake : null
}

/** How many filters hide: each alternative of the expression is one. */
export function filterCount(hide: string | undefined): number {
  const expression = expressionOf(hide)
  if (expression === null) return 0
  return expression.kind === 'or' ? expression.terms.length : 1
}
