// Colours of services: 20 hues of IBM's Carbon palette, given by the order of the names within a trace, so that a trace
// has the same colours for everybody. A colour never says anything alone: the name stands beside it.

/** On light and on dark pages; each has a contrast of at least 3:1 to both surfaces. Red is left to errors. */
export const SERVICE_COLOURS: readonly { light: string; dark: string }[] = [
  { light: '#0f62fe', dark: '#78a9ff' },
  { light: '#007d79', dark: '#3ddbd9' },
  { light: '#8a3ffc', dark: '#be95ff' },
  { light: '#ba4e00', dark: '#ff832b' },
  { light: '#198038', dark: '#42be65' },
  { light: '#d02670', dark: '#ff7eb6' },
  { light: '#8e6a00', dark: '#d2a106' },
  { light: '#0072c3', dark: '#82cfff' },
  { light: '#6929c4', dark: '#a56eff' },
  { light: '#005d5d', dark: '#08bdba' },
  { light: '#9f1853', dark: '#ee5396' },
  { light: '#0e6027', dark: '#6fdc8c' },
  { light: '#0043ce', dark: '#4589ff' },
  { light: '#8a3800', dark: '#ffb784' },
  { light: '#491d8b', dark: '#d4bbff' },
  { light: '#00539a', dark: '#1192e8' },
  { light: '#740937', dark: '#ffafd2' },
  { light: '#044317', dark: '#24a148' },
  { light: '#684e00', dark: '#f1c21b' },
  { light: '#697077', dark: '#a2a9b0' },
]

/** What a service without a name is called. */
export const UNNAMED = 'unnamed'

export type ServiceName = string | null

/** A CSS colour for each service; one without a name comes last. */
export function serviceColours(services: Iterable<ServiceName>): Map<ServiceName, string> {
  return new Map(sortedServices(services).map((service, place) => [service, seriesColour(place)]))
}

export function sortedServices(services: Iterable<ServiceName>): ServiceName[] {
  // By code units, not by the language of the browser: the order must be everybody's.
  return [...new Set(services)].sort((a, b) => {
    if (a === b) return 0
    if (a === null || b === null) return a === null ? 1 : -1
    return a < b ? -1 : 1
  })
}

/** The colour of a place in an order; they repeat after the last. */
export function seriesColour(place: number): string {
  const colour = SERVICE_COLOURS[place % SERVICE_COLOURS.length]
  return colour === undefined ? 'currentColor' : `light-dark(${colour.light}, ${colour.dark})`
}
