// The page's colours and fonts as a canvas needs them: plain values. Style sheets have `light-dark()`, which only the
// browser can resolve, so an element is asked what it got.

const TOKENS = {
  page: '--page',
  card: '--card',
  hover: '--hover',
  border: '--border',
  line: '--border-strong',
  text: '--text',
  muted: '--muted',
  accent: '--accent',
  ok: '--ok',
  warn: '--warn',
  bad: '--bad',
  idle: '--idle',
  badSurface: '--bad-surface',
  warnSurface: '--warn-surface',
} as const

export type Colour = keyof typeof TOKENS
export type Palette = Record<Colour, string> & { sans: string; mono: string }

export function paletteOf(element: HTMLElement): Palette {
  const style = getComputedStyle(element)
  const probe = document.createElement('span')
  probe.hidden = true
  element.append(probe)
  const colours = Object.entries(TOKENS).map(([name, token]) => {
    probe.style.color = `var(${token})`
    return [name, getComputedStyle(probe).color]
  })
  probe.remove()
  return {
    ...(Object.fromEntries(colours) as Record<Colour, string>),
    sans: style.getPropertyValue('--sans') || 'sans-serif',
    mono: style.getPropertyValue('--mono') || 'monospace',
  }
}

/** Tells whenever the colours of the page may be others; returns how to stop it. */
export function onThemeChange(tell: () => void): () => void {
  const observer = new MutationObserver(tell)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  const system = matchMedia('(prefers-color-scheme: dark)')
  system.addEventListener('change', tell)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', tell)
  }
}
