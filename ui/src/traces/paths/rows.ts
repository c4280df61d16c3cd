// The rows of what many traces waited for, with the clauses that narrow a search to each.

import type {
  SchemaAggregatePath,
  SchemaLeftOutTraces,
  SchemaOperationRef,
  SchemaPathTime,
} from '../../api/schema.d.ts'
import { counted } from '../../ui/format.ts'
import { quotedText } from '../traceql/quote.ts'
import { withoutField } from '../traceql/words.ts'

export interface PathRow {
  id: string
  /** Of a service its name is empty. */
  operation: SchemaOperationRef
  time: SchemaPathTime
}

export function serviceRows({ services }: SchemaAggregatePath): PathRow[] {
  return services.map(({ service, time }) => ({
    id: service ?? '',
    operation: { service, name: '', kind: 0 },
    time,
  }))
}

export function operationRows({ operations }: SchemaAggregatePath): PathRow[] {
  return operations.map(({ operation, time }) => ({
    id: JSON.stringify([operation.service, operation.name, operation.kind]),
    operation,
    time,
  }))
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

/** What the spans of an operation fulfil; of a service where the operation has no name. */
export function clausesOf({ service, name, kind }: SchemaOperationRef): string[] {
  const field = 'resource.service.name'
  const ofService = service === null ? withoutField(field) : `${field} = ${quotedText(service)}`
  if (name === '') return [ofService]
  const word = KINDS[kind]
  return [ofService, `name = ${quotedText(name)}`, ...(word === undefined ? [] : [`kind = ${word}`])]
}

/** Why traces that were found are not in it; empty if all are. */
export function leftOutWords({ without_length, too_large, out_of_time, gone }: SchemaLeftOutTraces): string {
  const parts = [
    ...(without_length === 0 ? [] : [`${counted(without_length, 'trace')} of no length`]),
    ...(too_large === 0 ? [] : [`${counted(too_large, 'trace')} too large`]),
    ...(out_of_time === 0 ? [] : [`${counted(out_of_time, 'trace')} for which the time was too short`]),
    ...(gone === 0 ? [] : [`${counted(gone, 'trace')} that are gone`]),
  ]
  return parts.join(', ')
}
