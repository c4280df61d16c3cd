// Where a key leads in the tree: the next selected span, and what is folded then.

import { type Folding, isOpen, revealed, shownPlaces, toggled } from './fold.ts'
import type { Flags } from './sight.ts'
import type { Tree } from './tree.ts'

export type Step =
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | 'collapse'
  | 'expand'
  | 'next error'
  | 'previous error'
  | 'next match'
  | 'previous match'

/** What is looked at. */
export interface View {
  /** Key of the selected span; undefined if none is. */
  selected: string | undefined
  folding: Folding
}

/** What a step may lead to. */
export interface Ground {
  tree: Tree
  /** Places that cannot be shown; null: there are none. */
  hidden: Flags | null
  /** Places that were looked for and found; null: nothing was looked for. */
  found: Flags | null
}

/** The view after a step; the same object if there is nowhere to go. */
export function step(ground: Ground, view: View, step: Step): View {
  const { tree, found } = ground
  const isError = (place: number) => tree.nodes[place]?.span.status === 'error'
  const isFound = (place: number) => found?.[place] === 1
  switch (step) {
    case 'collapse':
      return collapse(tree, view)
    case 'expand':
      return expand(ground, view)
    case 'next error':
      return toNext(ground, view, 1, isError)
    case 'previous error':
      return toNext(ground, view, -1, isError)
    case 'next match':
      return toNext(ground, view, 1, isFound)
    case 'previous match':
      return toNext(ground, view, -1, isFound)
    default:
      return toRow(ground, view, step)
  }
}

/** Selects a span, and opens what hides it. */
export function reveal(tree: Tree, view: View, key: string): View {
  const place = tree.places.get(key)
  if (place === undefined) return view
  return select(tree, { ...view, folding: revealed(tree, view.folding, place) }, place)
}

function placeOf(tree: Tree, view: View): number | undefined {
  return view.selected === undefined ? undefined : tree.places.get(view.selected)
}

/** Selects the span of a row that is shown. */
function select(tree: Tree, view: View, place: number | undefined): View {
  const key = place === undefined ? undefined : tree.nodes[place]?.span.key
  return key === undefined || key === view.selected ? view : { ...view, selected: key }
}

type RowStep = 'next' | 'previous' | 'first' | 'last'

function toRow({ tree, hidden }: Ground, view: View, step: RowStep): View {
  const shown = shownPlaces(tree, view.folding, hidden)
  const place = placeOf(tree, view)
  return toRowOf(tree, view, shown, place === undefined ? -1 : nearestRow(shown, place), step)
}

/** The same where the rows stand in an order of their own: no row is near another then. */
export function stepInTable(tree: Tree, view: View, rows: readonly number[], step: RowStep): View {
  return toRowOf(tree, view, rows, rows.indexOf(placeOf(tree, view) ?? -1), step)
}

/** From a row, -1 being none. */
function toRowOf(tree: Tree, view: View, shown: readonly number[], row: number, step: RowStep): View {
  switch (step) {
    case 'first':
      return select(tree, view, shown[0])
    case 'last':
      return select(tree, view, shown.at(-1))
    case 'next':
      return select(tree, view, shown[row + 1])
    case 'previous':
      return select(tree, view, row < 0 ? shown.at(-1) : shown[row - 1])
  }
}

/** The row of a place; if it is folded away, that of the ancestor which hides it. */
function nearestRow(shown: readonly number[], place: number): number {
  return shown.findLastIndex(other => other <= place)
}

/** Closes the selected span; if it is closed or has no children, goes to its parent. */
function collapse(tree: Tree, view: View): View {
  const node = tree.nodes[placeOf(tree, view) ?? -1]
  if (node === undefined) return view
  if (node.below > 0 && isOpen(tree, view.folding, node)) {
    return { ...view, folding: toggled(view.folding, node.span.key) }
  }
  return select(tree, view, node.parent ?? undefined)
}

/** Opens the selected span; if it is open, goes to its first child. */
function expand({ tree, hidden }: Ground, view: View): View {
  const place = placeOf(tree, view)
  const node = tree.nodes[place ?? -1]
  if (place === undefined || node === undefined || node.below === 0) return view
  if (!isOpen(tree, view.folding, node)) return { ...view, folding: toggled(view.folding, node.span.key) }
  return select(tree, view, firstChild(tree, hidden, place))
}

/** Of those that can be shown. */
function firstChild(tree: Tree, hidden: Flags | null, place: number): number | undefined {
  const end = place + 1 + (tree.nodes[place]?.below ?? 0)
  for (let child = place + 1; child < end; child += 1 + (tree.nodes[child]?.below ?? 0)) {
    if (hidden?.[child] !== 1) return child
  }
  return undefined
}

/** Goes round at the ends, and opens what hides the span. */
function toNext(
  { tree, hidden }: Ground,
  view: View,
  direction: 1 | -1,
  fits: (place: number) => boolean,
): View {
  const count = tree.nodes.length
  const from = placeOf(tree, view) ?? (direction === 1 ? -1 : count)
  for (let distance = 1; distance <= count; distance++) {
    const place = (from + direction * distance + 2 * count) % count
    if (hidden?.[place] === 1 || !fits(place)) continue
    return select(tree, { ...view, folding: revealed(tree, view.folding, place) }, place)
  }
  return view
}
