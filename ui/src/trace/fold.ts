// Which rows of a tree are shown. In the URL: `depth=2` opens two levels, and `fold=a,b` lists the spans that differ
// from that: closed where the level is open, open where it is closed.

import type { Flags } from './sight.ts'
import type { Tree, TreeNode } from './tree.ts'

/** Above it a trace opens at first to `DEPTH_OF_LARGE` only. */
const LARGE_SPANS = 50_000
const DEPTH_OF_LARGE = 3

export interface Folding {
  /** Levels that are open; undefined: all of them, or a few of a large trace. */
  depth: number | undefined
  /** Keys of the spans that differ. */
  folded: ReadonlySet<string>
}

export function foldingOf(search: { depth?: number | undefined; fold?: string | undefined }): Folding {
  const keys = search.fold?.split(',').filter(key => key !== '') ?? []
  return { depth: search.depth, folded: new Set(keys) }
}

/** The folding as the URL says it. */
export function searchOfFolding(folding: Folding): { depth: number | undefined; fold: string | undefined } {
  const fold = [...folding.folded].join(',')
  return { depth: folding.depth, fold: fold === '' ? undefined : fold }
}

/** The level that the number keys set; all levels are the default. */
export function foldedToLevel(level: number | undefined): Folding {
  return { depth: level, folded: new Set() }
}

/** Whether the children of a node are shown, if it is itself. */
export function isOpen(tree: Tree, folding: Folding, node: TreeNode): boolean {
  const isLarge = tree.nodes.length > LARGE_SPANS
  const depth = folding.depth ?? (isLarge ? DEPTH_OF_LARGE : Number.POSITIVE_INFINITY)
  return node.depth + 1 < depth !== folding.folded.has(node.span.key)
}

/** Opens what is closed, closes what is open. */
export function toggled(folding: Folding, key: string): Folding {
  const folded = new Set(folding.folded)
  if (!folded.delete(key)) folded.add(key)
  return { ...folding, folded }
}

/** Opens every ancestor of a place, so that its row is shown. */
export function revealed(tree: Tree, folding: Folding, place: number): Folding {
  let revealing = folding
  for (const ancestor of ancestors(tree, place)) {
    if (!isOpen(tree, revealing, ancestor)) revealing = toggled(revealing, ancestor.span.key)
  }
  return revealing
}

function* ancestors(tree: Tree, place: number): Generator<TreeNode> {
  let parent = tree.nodes[place]?.parent ?? null
  while (parent !== null) {
    const node = tree.nodes[parent]
    if (node === undefined) return
    yield node
    parent = node.parent
  }
}

/** The places of the shown rows, in order. Of what is hidden there is nothing below to show either. */
export function shownPlaces(tree: Tree, folding: Folding, hidden: Flags | null = null): number[] {
  const shown: number[] = []
  for (let place = 0; place < tree.nodes.length; ) {
    const node = tree.nodes[place]
    if (node === undefined) break
    if (hidden?.[place] === 1) {
      place += 1 + node.below
      continue
    }
    shown.push(place)
    place += node.below > 0 && !isOpen(tree, folding, node) ? 1 + node.below : 1
  }
  return shown
}
