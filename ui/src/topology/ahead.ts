// Asks for the first graph and lays it out while the page itself is still loading.

import { askGraphAhead } from '../api/graph-ahead.ts'
import type { SchemaGraph } from '../api/schema.d.ts'
import { paths } from '../app/paths.ts'
import { parseSearch, tenantOf } from '../app/search.ts'
import { askLayout, prepareLayout } from '../graph/layout/ask.ts'
import type { Arrangement } from '../graph/layout/mesh.ts'
import { milliseconds } from '../ui/units.ts'
import { isGrouped } from './grouping.ts'
import { keptArrangement } from './kept-arrangement.ts'
import { arrangementKey, meshOf, pictureName } from './mesh.ts'
import { questionOf, topologySearch } from './question.ts'

interface Ahead {
  /** Of which picture. */
  key: string
  isByNamespace: boolean
  arranging: Promise<Arrangement>
  /** As soon as it is there. */
  arrangement: Arrangement | undefined
}

/** How long a page waits for an answer that is on its way: a few frames, for its frame is to be there soon in any case. */
const PATIENCE = milliseconds(40)

let hasPageBegun = false
let asking: Promise<unknown> = Promise.resolve()
const aheads = new WeakMap<SchemaGraph, Ahead>()
const NEVER = new AbortController().signal

/** What the page of a URL will ask, if that is the topology. The front door leads there, too, without what else its URL says. */
export async function askAhead({ pathname, search }: Pick<Location, 'pathname' | 'search'>): Promise<void> {
  // A page that was faster asks for itself.
  if (hasPageBegun || (pathname !== paths.topology && pathname !== paths.home)) return
  const all = parseSearch(search)
  const { group, ...rest } = topologySearch(pathname === paths.home ? {} : all)
  const [tenant, question] = [tenantOf(all['tenant']), questionOf(rest)]
  prepareLayout()
  const asked = askGraphAhead(tenant, question)
  asking = asked
  const graph = await asked
  if (graph === undefined || graph.nodes.length === 0) return
  const isByNamespace = isGrouped(graph, group, undefined)
  const mesh = meshOf(graph, isByNamespace)
  const key = arrangementKey(pictureName(tenant, question, group))
  const kept = keptArrangement(key, mesh)
  const arranging = kept === null ? askLayout(mesh, NEVER) : Promise.resolve(kept)
  const ahead: Ahead = { key, isByNamespace, arranging, arrangement: kept ?? undefined }
  aheads.set(graph, ahead)
  ahead.arrangement = await arranging
}

/**
 * Where a page begins. With an answer that is nearly there it is drawn once; without, it would be drawn first, and what
 * came would wait until then.
 */
export async function beginPage(): Promise<void> {
  hasPageBegun = true
  const late = new Promise(resolve => setTimeout(resolve, PATIENCE))
  await Promise.race([asking, late]).catch(() => undefined)
}

/** How a graph was laid out ahead, or is being; undefined where it was not. */
export function arrangementAhead(
  key: string,
  graph: SchemaGraph,
  isByNamespace: boolean,
): Readonly<Ahead> | undefined {
  const ahead = aheads.get(graph)
  return ahead?.key === key && ahead.isByNamespace === isByNamespace ? ahead : undefined
}
