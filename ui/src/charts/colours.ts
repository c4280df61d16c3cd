// Colours of style sheets as plain ones, which is all that a canvas knows, and the colours of series.

/** What the browser makes of CSS colours in the theme that an element has. All are asked at once: each asking costs a layout. */
export function plainColours<Name extends string>(
  element: HTMLElement,
  colours: Readonly<Record<Name, string>>,
): Record<Name, string> {
  const probes = document.createElement('span')
  probes.hidden = true
  const pairs = Object.entries<string>(colours).map(([name, colour]) => {
    const probe = document.createElement('span')
    probe.style.color = colour
    probes.append(probe)
    return [name, probe] as const
  })
  element.append(probes)
  const plain = pairs.map(([name, probe]) => [name, getComputedStyle(probe).color])
  probes.remove()
  return Object.fromEntries(plain) as Record<Name, string>
}

/** Of axes and what lies around the series. */
export const CHART_COLOURS = {
  page: 'var(--page)',
  grid: 'color-mix(in srgb, var(--border) 70%, transparent)',
  text: 'var(--text)',
  muted: 'var(--muted)',
  accent: 'var(--accent)',
  bad: 'var(--bad)',
  warn: 'var(--warn)',
  ok: 'var(--ok)',
  provisional: 'color-mix(in srgb, var(--muted) 10%, transparent)',
} as const

export type ChartColour = keyof typeof CHART_COLOURS

/** Red says that something failed; percentiles go from blue to orange by way of violet, and 4xx are no errors. */
export const SERIES_COLOURS = {
  p50: 'light-dark(#0969da, #4aa8ff)',
  p90: 'light-dark(#6639ba, #a78bfa)',
  p95: 'light-dark(#a3309e, #e58add)',
  p99: 'light-dark(#8a3800, #ffb784)',
  traffic: 'light-dark(#0969da, #4aa8ff)',
  errors: 'var(--bad)',
  no_response: 'light-dark(#7a0c18, #ff9ea0)',
  http_5xx: 'light-dark(#c9303c, #ff4d4f)',
  grpc: 'light-dark(#ba4e00, #ff9f5a)',
  status_error: 'light-dark(#8e6a00, #e3b341)',
  http_4xx: 'light-dark(#6639ba, #b392f0)',
} as const
