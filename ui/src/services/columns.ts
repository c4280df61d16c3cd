// What the tables of services sort by.

import type { SchemaCallItem, SchemaNodeItem, SchemaOperationItem } from '../api/schema.d.ts'
import { nodeName } from '../graph/signal-text.ts'
import { type Column, number, text } from '../topology/columns.ts'
import { HEALTHS } from '../topology/words.ts'

/** The worst first. */
const health = ({ health }: SchemaNodeItem) => -HEALTHS.indexOf(health)

export const SERVICE_COLUMNS: readonly Column<SchemaNodeItem>[] = [
  text('name', 'Service', node => nodeName(node)),
  text('namespace', 'Namespace', ({ namespace }) => namespace),
  { ...number('health', 'Health', health), isNumber: false },
  number('rate', 'Rate', ({ rate }) => rate),
  number('share', 'Error share', ({ error_rate }) => error_rate),
  number('p50', 'p50', ({ p50_ms }) => p50_ms),
  number('p95', 'p95', ({ p95_ms }) => p95_ms),
  number('p99', 'p99', ({ p99_ms }) => p99_ms),
  number('requests', 'Requests', ({ requests }) => requests),
]

export const CALL_COLUMNS: readonly Column<SchemaCallItem>[] = [
  text('peer', 'Service', ({ peer }) => peer),
  text('protocol', 'Protocol', ({ protocol }) => protocol),
  number('rate', 'Rate', ({ rate }) => rate),
  number('share', 'Error share', ({ error_rate }) => error_rate),
  number('p50', 'p50', ({ p50_ms }) => p50_ms),
  number('p95', 'p95', ({ p95_ms }) => p95_ms),
  number('p99', 'p99', ({ p99_ms }) => p99_ms),
  number('mtls', 'mTLS', ({ mtls }) => mtls),
  number('requests', 'Requests', ({ requests }) => requests),
]

export const OPERATION_COLUMNS: readonly Column<SchemaOperationItem>[] = [
  text('operation', 'Operation', ({ operation }) => operation),
  text('kind', 'Kind', ({ kind }) => kind),
  number('count', 'Spans', ({ count }) => count),
  number('errors', 'Errors', ({ errors }) => errors),
  number('share', 'Error share', ({ error_rate }) => error_rate),
  number('p50', 'p50', ({ p50_ms }) => p50_ms),
  number('p95', 'p95', ({ p95_ms }) => p95_ms),
  number('p99', 'p99', ({ p99_ms }) => p99_ms),
]
