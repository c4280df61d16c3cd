// What the topology shows, as the URL has it.

import type { GraphQuestion } from '../api/graph-question.ts'
import type { SchemaGrouping } from '../api/schema.d.ts'
import {
  type RangeName,
  searchOf,
  type TimeRange,
  type TimeRangeSearch,
  timeRangeOf,
  timeRangeSearch,
} from '../api/time-range.ts'
import { defined, textOf, wholeOf } from '../app/search.ts'
import { readCamera, writeCamera } from '../graph/camera.ts'
import { isLabel, LABELS, type Label } from '../graph/edge-words.ts'
import type { Target } from '../graph/hit.ts'
import { byCodeUnits } from '../graph/layout/mesh.ts'

/** The first is the default. */
export const GROUPINGS: readonly SchemaGrouping[] = ['service', 'workload', 'namespace', 'cluster']
const DEFAULT_RANGE: RangeName = '5m'

/** Edges away from the node in focus. */
export const DEPTH = 1
export const DEPTH_MAX = 16

export interface TopologySearch extends TimeRangeSearch {
  by?: SchemaGrouping | undefined
  namespace?: string | undefined
  /** Id of a node: only its surroundings are shown. */
  focus?: string | undefined
  depth?: number | undefined
  /** The graph when absent. */
  view?: 'table' | undefined
  /** Of the tables that of edges; that of nodes when absent. */
  table?: 'edges' | undefined
  /** Name of a column, with `-` before it from the largest down. */
  sort?: string | undefined
  /** Expressions: what stands out, and what is not shown. */
  find?: string | undefined
  hide?: string | undefined
  /** Id of what is selected. */
  node?: string | undefined
  edge?: string | undefined
  /** From where the graph is looked at: `x,y,zoom`; all of it when absent. */
  cam?: string | undefined
  /** Nodes by namespace or by flow alone; left to the page when absent. */
  group?: 'ns' | 'off' | undefined
  /** Namespaces that are folded, with commas between. */
  folded?: string | undefined
  /** What lines say; left to the page when absent. */
  label?: Label | undefined
}

export function topologySearch(search: Record<string, unknown>): TopologySearch {
  const by = GROUPINGS.find(name => name === search['by'])
  const camera = readCamera(textOf(search['cam']))
  const focus = textOf(search['focus'])
  const depth = wholeOf(search['depth'], 1, DEPTH_MAX)
  const node = textOf(search['node'])
  return {
    ...timeRangeSearch(search, DEFAULT_RANGE),
    ...defined({
      by: by === GROUPINGS[0] ? undefined : by,
      namespace: textOf(search['namespace']),
      focus,
      depth: focus === undefined || depth === DEPTH ? undefined : depth,
      view: search['view'] === 'table' ? ('table' as const) : undefined,
      table: search['table'] === 'edges' ? ('edges' as const) : undefined,
      sort: textOf(search['sort']),
      find: textOf(search['find']),
      hide: textOf(search['hide']),
      node,
      edge: node === undefined ? textOf(search['edge']) : undefined,
      cam: camera === null ? undefined : writeCamera(camera),
      group: search['group'] === 'ns' || search['group'] === 'off' ? search['group'] : undefined,
      folded: foldedSearch(foldedOf(textOf(search['folded']))),
      label: isLabel(search['label']) && search['label'] !== LABELS[0] ? search['label'] : undefined,
    }),
  }
}

export function questionOf(search: TopologySearch): GraphQuestion {
  return {
    range: timeRangeOf(search, DEFAULT_RANGE),
    by: search.by ?? 'service',
    namespace: search.namespace,
    focus: search.focus,
    depth: search.depth ?? DEPTH,
  }
}

export function rangeSearch(range: TimeRange): TimeRangeSearch {
  return { range: undefined, start: undefined, end: undefined, ...searchOf(range, DEFAULT_RANGE) }
}

export function selectedIn({ node, edge }: TopologySearch): Target | null {
  if (node !== undefined) return { kind: 'node', id: node }
  return edge === undefined ? null : { kind: 'edge', id: edge }
}

export function selectionSearch(target: Target | null): Pick<TopologySearch, 'node' | 'edge'> {
  return {
    node: target?.kind === 'node' ? target.id : undefined,
    edge: target?.kind === 'edge' ? target.id : undefined,
  }
}

export function foldedOf(folded: string | undefined): ReadonlySet<string> {
  return new Set((folded ?? '').split(',').filter(name => name !== ''))
}

export function foldedSearch(folded: ReadonlySet<string>): string | undefined {
  return folded.size === 0 ? undefined : [...folded].sort(byCodeUnits).join(',')
}

/** Names the picture: where one of these changes, another is laid out. Times are not among them. */
export function pictureKey({
  by,
  namespace,
  focus,
  depth,
}: GraphQuestion): readonly (string | number | null)[] {
  return [by, namespace ?? null, focus ?? null, focus === undefined ? 0 : depth]
}
