// What a trace is, in numbers, and what is odd about it.

import { counted } from '../ui/format.ts'
import { type ServiceName, sortedServices } from '../ui/service-colour.ts'
import type { Span, Trace } from './span.ts'
import type { Tree } from './tree.ts'

export interface Summary {
  /** The earliest span without a parent, else the first row; undefined in a trace without spans. */
  root: Span | undefined
  services: { service: ServiceName; spans: number; errors: number }[]
  errors: number
  /** One sentence for each kind of oddity, none in a trace that is whole. */
  oddities: string[]
}

export function summaryOf(trace: Trace, tree: Tree): Summary {
  return {
    root: rootOf(tree),
    services: servicesOf(trace),
    errors: trace.spans.filter(span => span.status === 'error').length,
    oddities: odditiesOf(trace, tree),
  }
}

function rootOf(tree: Tree): Span | undefined {
  const roots = tree.nodes.filter(node => node.top === 'root')
  const first = roots.toSorted((a, b) => a.span.start - b.span.start)[0] ?? tree.nodes[0]
  return first?.span
}

function servicesOf(trace: Trace): Summary['services'] {
  const counts = new Map<ServiceName, { spans: number; errors: number }>()
  for (const { service, status } of trace.spans) {
    const count = counts.get(service) ?? { spans: 0, errors: 0 }
    count.spans += 1
    count.errors += status === 'error' ? 1 : 0
    counts.set(service, count)
  }
  return sortedServices(counts.keys()).map(service => ({
    service,
    spans: 0,
    errors: 0,
    ...counts.get(service),
  }))
}

function odditiesOf(trace: Trace, tree: Tree): string[] {
  const { nodes } = tree
  const isAhead = (place: number) => startsBeforeParent(tree, place)
  return [
    sentence(
      nodes.filter(node => node.top === 'parent missing').length,
      'names a parent that did not come',
      'name parents that did not come',
    ),
    sentence(
      nodes.filter(node => node.top === 'circle').length,
      'is its own ancestor',
      'are their own ancestors',
    ),
    sentence(
      trace.spans.filter(span => span.key !== span.spanId).length,
      'has the id of another',
      'have the ids of others',
    ),
    sentence(
      nodes.filter((_, place) => isAhead(place)).length,
      'starts before its parent: clocks differ',
      'start before their parents: clocks differ',
    ),
    sentence(
      trace.spans.filter(span => span.oddity === 'ends before it starts').length,
      'ends before it starts',
      'end before they start',
    ),
    sentence(
      trace.spans.filter(span => span.oddity === 'no start').length,
      'has no start time',
      'have no start time',
    ),
    sentence(
      trace.spans.filter(span => span.oddity === 'no end').length,
      'has no end time',
      'have no end time',
    ),
    sentence(
      trace.spans.filter(lostSomething).length,
      'lost attributes, events or links on its way',
      'lost attributes, events or links on their way',
    ),
  ].filter(text => text !== null)
}

function sentence(count: number, one: string, many: string): string | null {
  return count === 0 ? null : `${counted(count, 'span')} ${count === 1 ? one : many}`
}

/** Whether a span starts before its parent does. */
export function startsBeforeParent(tree: Tree, place: number): boolean {
  const node = tree.nodes[place]
  const parent = node?.parent == null ? undefined : tree.nodes[node.parent]
  if (node === undefined || parent === undefined) return false
  const areKnown = node.span.startedAt !== null && parent.span.startedAt !== null
  return areKnown && node.span.start < parent.span.start
}

/** Whether the sender dropped parts of it for its own limits. */
function lostSomething({ otlp }: Span): boolean {
  return Boolean(otlp.droppedAttributesCount || otlp.droppedEventsCount || otlp.droppedLinksCount)
}
