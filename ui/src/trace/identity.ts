// Who a span is of, as the service graph names it, as far as the span itself says: for links to pages about it.

import { at, NONE, operationAt, type Trace } from './columns.ts'
import { type Details, textIn } from './details.ts'

export interface Identity {
  namespace: string | null
  name: string
}

/** What a span and its parent say, as far as that has come. */
export interface Said {
  own: Details | undefined
  parent: Details | undefined
}

/** Istio's proxies name the workload that they stand beside in the attributes of their spans. */
export function identityIn({ otlp, resource }: Details): Identity | null {
  const canonical = textIn(otlp.attributes, 'istio.canonical_service')
  if (canonical !== null) return { namespace: textIn(otlp.attributes, 'istio.namespace'), name: canonical }
  const name = textIn(resource.resource.attributes, 'service.name')
  const namespace = textIn(resource.resource.attributes, 'service.namespace', 'k8s.namespace.name')
  return name === null ? null : { namespace, name }
}

function identityOf(trace: Trace, row: number, details: Details | undefined): Identity | null {
  if (details !== undefined) return identityIn(details)
  const operation = operationAt(trace, row)
  return operation === undefined || operation.service === null
    ? null
    : { namespace: operation.namespace, name: operation.service }
}

/** The identity of a row: a proxy's second span says less than the one above it. */
export function identityAt(trace: Trace, row: number, { own, parent }: Said): Identity | null {
  const identity = identityOf(trace, row, own)
  const above = at(trace.parent, row)
  if (above === NONE || operationAt(trace, above)?.service !== operationAt(trace, row)?.service)
    return identity
  const other = identityOf(trace, above, parent)
  return identity?.namespace == null && other !== null && other.namespace !== null ? other : identity
}

/** `shop/cart`, as the graph's nodes are called. */
export function nodeId({ namespace, name }: Identity): string | null {
  return namespace === null ? null : `${namespace}/${name}`
}

/** The edge by which the caller of a row came to its service; null where the spans do not say. */
export function edgeTo(trace: Trace, row: number, said: Said): string | null {
  const target = idAt(trace, row, said)
  const protocol = protocolOf(said.own) ?? protocolOf(said.parent)
  if (target === null || protocol === null) return null
  let details: Said = { own: said.parent, parent: undefined }
  for (let above = at(trace.parent, row); above !== NONE; above = at(trace.parent, above)) {
    const source = idAt(trace, above, details)
    if (source === null) return null
    if (source !== target) return `${source}->${target}:${protocol}`
    details = { own: undefined, parent: undefined }
  }
  return null
}

function idAt(trace: Trace, row: number, said: Said): string | null {
  const identity = identityAt(trace, row, said)
  return identity === null ? null : nodeId(identity)
}

function protocolOf(details: Details | undefined): 'grpc' | 'http' | null {
  const keys = details?.otlp.attributes?.map(({ key }) => key) ?? []
  if (keys.some(key => key.startsWith('rpc.') || key.startsWith('grpc.'))) return 'grpc'
  return keys.some(key => key.startsWith('http.')) ? 'http' : null
}
