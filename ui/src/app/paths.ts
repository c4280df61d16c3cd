// Every page's path, in one place. A test writes them down with an example each: a change of it breaks links that people
// have kept.

export const paths = {
  home: '/',
  topology: '/topology',
  traces: '/traces',
  trace: '/traces/$traceId',
  services: '/services',
  service: '/services/$namespace/$name',
  connect: '/connect',
} as const

/** A service in a path, as the API has it: `_` for what is not known. */
export function serviceParams({ namespace, name }: { namespace: string | null; name: string | null }) {
  return { namespace: namespace ?? '_', name: name ?? '_' }
}
