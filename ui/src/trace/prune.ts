// Services whose spans are taken out of the picture, and everything below them. In the URL: `hideSvc=a,b`, in which `%` is
// the service without a name; commas and `%` in a name are escaped as they are in URLs.

import type { ServiceName } from '../ui/service-colour.ts'

const UNNAMED = '%'

export function hiddenServices(text: string | undefined): ReadonlySet<ServiceName> {
  const names = text?.split(',').filter(name => name !== '') ?? []
  return new Set(names.map(name => (name === UNNAMED ? null : unescaped(name))))
}

/** As the URL says it. */
export function hiddenText(services: ReadonlySet<ServiceName>): string | undefined {
  const names = [...services].map(service => (service === null ? UNNAMED : escaped(service)))
  return names.length === 0 ? undefined : names.sort().join(',')
}

export function withService(services: ReadonlySet<ServiceName>, service: ServiceName): Set<ServiceName> {
  const next = new Set(services)
  if (!next.delete(service)) next.add(service)
  return next
}

const escaped = (name: string) => name.replaceAll('%', '%25').replaceAll(',', '%2C')
const unescaped = (name: string) => name.replaceAll('%2C', ',').replaceAll('%25', '%')
