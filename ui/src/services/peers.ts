// Those that a service talks to: what they are called, and where their pages are.

import type { SchemaCallItem, SchemaKind } from '../api/schema.d.ts'
import { serviceParams } from '../app/paths.ts'

/** Those that sent no span are known by what their callers said, and named by all of their id. */
const INFERRED: readonly SchemaKind[] = ['database', 'queue', 'external']

interface Named {
  id: string
  namespace: string | null
  name: string | null
  kind: SchemaKind
}

export function pageOf({ id, namespace, name, kind }: Named) {
  const isInferred = INFERRED.includes(kind) && id.includes(':')
  return isInferred ? { namespace: '_', name: id } : serviceParams({ namespace, name })
}

export function peerParams(call: SchemaCallItem) {
  const { peer, peer_namespace, peer_name, peer_kind } = call
  return pageOf({ id: peer, namespace: peer_namespace, name: peer_name, kind: peer_kind })
}

export function peerName({ peer, peer_name }: SchemaCallItem): string {
  return peer_name ?? peer
}
