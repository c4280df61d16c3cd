// Which services are shown, and how many they are.

import type { SchemaHealth, SchemaNodeItem } from '../api/schema.d.ts'
import { byCodeUnits } from '../graph/layout/mesh.ts'
import { HEALTHS } from '../topology/words.ts'
import { counted, formatCount } from '../ui/format.ts'
import type { ServicesSearch } from './search.ts'

/** A name, an id or an alias that has the text in it, in whatever case. */
export function filtered(
  services: readonly SchemaNodeItem[],
  { find, namespace }: ServicesSearch,
): SchemaNodeItem[] {
  const wanted = find?.toLowerCase()
  return services.filter(
    service =>
      (namespace === undefined || service.namespace === namespace) &&
      (wanted === undefined ||
        [service.id, service.name ?? '', ...service.aliases].some(name =>
          name.toLowerCase().includes(wanted),
        )),
  )
}

export function namespacesIn(services: readonly SchemaNodeItem[]): string[] {
  const names = services.map(({ namespace }) => namespace).filter(name => name !== null)
  return [...new Set(names)].sort(byCodeUnits)
}

/** `7 of 24 services: 1 failing, 2 degraded, 4 healthy`. */
export function serviceCounts(shown: readonly SchemaNodeItem[], all: number): string {
  const numbers = new Map<SchemaHealth, number>()
  for (const { health } of shown) numbers.set(health, (numbers.get(health) ?? 0) + 1)
  const healths = HEALTHS.flatMap(health => {
    const count = numbers.get(health)
    return count === undefined ? [] : [`${formatCount(count)} ${health}`]
  })
  const total =
    shown.length === all
      ? counted(all, 'service')
      : `${formatCount(shown.length)} of ${counted(all, 'service')}`
  return healths.length === 0 ? total : `${total}: ${healths.join(', ')}`
}
