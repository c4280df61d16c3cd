// Loads what the page of a trace is made of beside the first scripts instead of after them.

import MONO from '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2?url'
import { paths } from '../app/paths.ts'

/** For the page of a trace, its script, its style, and the font of its numbers: without it all rows are laid out twice. */
export async function loadAhead({ pathname }: Pick<Location, 'pathname'>): Promise<void> {
  if (!pathname.startsWith(`${paths.traces}/`)) return
  const font = { rel: 'preload', as: 'font', type: 'font/woff2', crossOrigin: 'anonymous', href: MONO }
  document.head.append(Object.assign(document.createElement('link'), font))
  await import('./page.tsx')
}
