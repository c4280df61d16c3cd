// Who a span is of, as the service graph names it, as far as the span itself says: for links to pages about it.

import type { SchemaKeyValue } from '../api/schema.d.ts'
import type { Span } from './span.ts'
import type { Tree } from './tree.ts'

export interface Identity {
  namespace: string | null
  name: string
}

function textIn(attributes: readonly SchemaKeyValue[] | undefined, ...keys: string[]): string | null {
  for (const key of keys) {
    const text = attributes?.find(attribute => attribute.key === key)?.value.stringValue
    if (text) return text
  }
  return null
}

/** Istio's proxies name the workload that they stand beside in the attributes of their spans. */
export function identityOf({ otlp, resource, service }: Span): Identity | null {
  const canonical = textIn(otlp.attributes, 'istio.canonical_service')
  if (canonical !== null) return { namespace: textIn(otlp.attributes, 'istio.namespace'), name: canonical }
  const namespace = textIn(resource.resource.attributes, 'service.namespace', 'k8s.namespace.name')
  return service === null ? null : { namespace, name: service }
}

/** The identity of a span of a tree: a proxy's second span says less than the one above it. */
export function identityAt({ nodes }: Tree, place: number): Identity | null {
  const node = nodes[place]
  if (node === undefined) return null
  const own = identityOf(node.span)
  const parent = node.parent === null ? undefined : nodes[node.parent]?.span
  const above = parent === undefined || parent.service !== node.span.service ? null : identityOf(parent)
  return own?.namespace == null && above !== null && above.namespace !== null ? above : own
}

/** `shop/cart`, as the graph's nodes are called. */
export function nodeId({ namespace, name }: Identity): string | null {
  return namespace === null ? null : `${namespace}/${name}`
}

/** The edge by which the caller of a span came to its service; null where the spans do not say. */
export function edgeTo(tree: Tree, place: number): string | null {
  const target = idAt(tree, place)
  if (target === null) return null
  let protocol = protocolOf(tree.nodes[place]?.span)
  for (let at = parentOf(tree, place); at !== null; at = parentOf(tree, at)) {
    protocol ??= protocolOf(tree.nodes[at]?.span)
    const source = idAt(tree, at)
    if (source === null) return null
    if (source !== target) return protocol === null ? null : `${source}->${target}:${protocol}`
  }
  return null
}

const parentOf = ({ nodes }: Tree, place: number) => nodes[place]?.parent ?? null

function idAt(tree: Tree, place: number): string | null {
  const identity = identityAt(tree, place)
  return identity === null ? null : nodeId(identity)
}

function protocolOf(span: Span | undefined): 'grpc' | 'http' | null {
  const keys = span?.otlp.attributes?.map(({ key }) => key) ?? []
  if (keys.some(key => key.startsWith('rpc.') || key.startsWith('grpc.'))) return 'grpc'
  return keys.some(key => key.startsWith('http.')) ? 'http' : null
}
