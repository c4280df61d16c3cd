// Numbers of nodes and edges as text. Null is what nobody can know: a dash, never a zero.

import type { SchemaNodeItem } from '../api/schema.d.ts'
import { formatAmount, formatDuration, formatRate, formatShare } from '../ui/format.ts'
import { UNNAMED } from '../ui/service-colour.ts'
import { milliseconds, nsOfMs } from '../ui/units.ts'

export const UNKNOWN = '–'

type Text = (value: number | null) => string

const orUnknown =
  (format: (value: number) => string): Text =>
  value =>
    value === null ? UNKNOWN : format(value)

/** `23.0 ms`. */
export const latencyText = orUnknown(ms => formatDuration(nsOfMs(milliseconds(ms))))
/** `412/s`. */
export const rateText = orUnknown(formatRate)
/** `3.10 %`. */
export const shareText = orUnknown(formatShare)
/** `1,234`. */
export const amountText = orUnknown(formatAmount)

/** Id of the node of everything that is in no namespace, or no cluster, that is known. */
const NOWHERE = '_'

/** What a node is called. */
export function nodeName({ id, name }: Pick<SchemaNodeItem, 'id' | 'name'>): string {
  return name ?? (id === NOWHERE ? 'not known' : UNNAMED)
}
