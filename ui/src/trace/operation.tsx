// A service's operation beside its colour, and the kinds of spans in words.

import type { SchemaOperationRef } from '../api/schema.d.ts'
import type { ServiceName } from '../ui/service-colour.ts'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import './operation.css'

/** By OTLP's numbers; a server and what is internal go without saying. */
const KINDS = ['', '', '', 'client', 'producer', 'consumer']

interface Props {
  operation: Pick<SchemaOperationRef, 'service' | 'name' | 'kind'>
  colours: ReadonlyMap<ServiceName, string>
}

export function Operation({ operation: { service, name, kind }, colours }: Props) {
  const word = KINDS[kind] ?? ''
  return (
    <span className="operation" title={`${service ?? 'unnamed'} ${name}`}>
      <Swatch colour={colours.get(service)} />
      <strong>
        <ServiceText service={service} />
      </strong>{' '}
      {name || <em className="muted">no name</em>}
      {word === '' ? null : <span className="muted"> {word}</span>}
    </span>
  )
}

/** `cart GET /cart`. */
export function operationWords({ service, name }: Pick<SchemaOperationRef, 'service' | 'name'>): string {
  return [service ?? 'unnamed', name || 'no name'].join(' ')
}
